{{ config(materialized="table") }}

select
    tenant_id,
    leak_id,
    root_cause,
    occurrence,
    family,
    leak_type,
    object_type,
    object_id,
    customer_id,
    currency,
    amount_minor,
    is_alert,
    status,
    resolution,
    opened_at,
    closed_at,
    resolved_at
from {{ source("operations", "leak_records") }}
