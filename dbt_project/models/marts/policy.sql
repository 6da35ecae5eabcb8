select
    tenant_id,
    policy_version,
    reporting_currency,
    standard_trial_days,
    retry_max_attempts,
    retry_window_days,
    overdue_grace_days,
    minimum_amount_minor,
    valid_from
from {{ source("operations", "policy") }}
