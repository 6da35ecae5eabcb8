{{ config(materialized="view") }}

select
    tenant_id,
    account_id,
    user_email,
    coalesce(account_id, user_email) as account_key,
    user_id,
    method,
    occurred_at,
    is_zone_assumed
from {{ source("product", "login") }}
where occurred_at <= {{ as_of() }}
