select
    events.tenant_id,
    accounts.customer_id,
    events.metric,
    cast({{ dbt.date_trunc("month", "events.occurred_at") }} as date) as month,
    cast(sum(events.quantity) as decimal(38, 6)) as quantity,
    count(*) as events
from {{ ref("stg_product__usage_events") }} as events
inner join
    {{ ref("int_product__account_customers") }} as accounts
    on events.tenant_id = accounts.tenant_id
    and events.account_key = accounts.account_key
where accounts.customer_id is not null
group by
    events.tenant_id,
    accounts.customer_id,
    events.metric,
    cast({{ dbt.date_trunc("month", "events.occurred_at") }} as date)
