select
    tenant_id,
    account_key,
    count(*) as logins,
    sum(case when {{ is_within_days("occurred_at", 30) }} then 1 else 0 end) as logins_30d,
    sum(case when {{ is_within_days("occurred_at", 60) }} then 1 else 0 end) as logins_60d,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from {{ ref("stg_product__logins") }}
group by tenant_id, account_key
