select
    tenant_id,
    customer_id,
    email,
    name,
    country,
    preferred_locale,
    currency,
    created_at,
    is_deleted,
    is_delinquent,
    is_test_clock,
    coalesce(default_payment_method_id, default_source_id) as default_payment_method_id,
    balance_minor,
    metadata,
    is_stand_in
from {{ ref("stg_stripe__customers") }}
