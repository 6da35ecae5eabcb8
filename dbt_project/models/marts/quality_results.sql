select
    tenant_id,
    checked_at,
    resource,
    expectation,
    severity,
    is_passed,
    observed,
    expected,
    failed_count,
    sample,
    error
from {{ source("stripe", "quality_results") }}
