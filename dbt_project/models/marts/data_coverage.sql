select
    tenant_id,
    resource,
    is_on,
    reason,
    permission,
    covered_from,
    read_at,
    row_count,
    quarantined_count,
    other_mode_count
from {{ source("stripe", "resource_status") }}
