select states.tenant_id, states.customer_key
from {{ ref("int_leaks__customer_states") }} as states
left join
    (select distinct tenant_id, customer_key from {{ ref("int_leaks__verdicts") }}) as verdicts
    on states.tenant_id = verdicts.tenant_id
    and states.customer_key = verdicts.customer_key
where verdicts.customer_key is null
