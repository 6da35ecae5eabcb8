select
    tenant_id,
    reconciled_at,
    begins_at,
    is_repaired,
    resource,
    our_count,
    stripe_count,
    missing_count,
    different_count,
    gone_count,
    missing_count + different_count + gone_count as difference_count,
    other_version_count,
    unread_reason
from {{ source("stripe", "drift") }}
