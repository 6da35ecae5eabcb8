select tenant_id, resource, id, reason, raw_text, origin, quarantined_at
from {{ source("stripe", "quarantine") }}
union all
select tenant_id, resource, id, reason, raw_text, origin, quarantined_at
from {{ source("product", "quarantine") }}
