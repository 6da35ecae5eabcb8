{{ config(materialized="view") }}

select
    tenant_id,
    is_configured,
    time_zone,
    identity,
    metadata_key,
    unmatched_warning_share,
    stale_after_days
from {{ source("product", "rules") }}
