{{ config(**touched_customers_config()) }}

-- One row per charge that tried to pay an invoice.
with
    charges as (
        select *
        from {{ ref("int_billing__charges") }}
        where invoice_id is not null and {{ is_of_touched_customer("customer_id") }}
    )

select
    tenant_id,
    charge_id as attempt_id,
    invoice_id,
    customer_id,
    payment_intent_id,
    created_at as attempted_at,
    status,
    amount_minor,
    currency,
    failure_code,
    decline_code,
    network_decline_code,
    advice_code,
    network_advice_code,
    outcome_type,
    risk_level,
    is_blocked,
    payment_method_id,
    payment_method_type,
    card_fingerprint,
    card_brand,
    card_last4,
    card_exp_year,
    card_exp_month,
    decline_group,
    is_stripe_retry_blocked,
    row_number() over (partition by invoice_id order by created_at, charge_id) as attempt_number,
    row_number() over (partition by invoice_id order by created_at desc, charge_id desc)
    = 1 as is_newest
from charges
