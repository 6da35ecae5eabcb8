{{ config(materialized="view") }}

select
    charges.tenant_id,
    charges.charge_id as payment_id,
    charges.invoice_id,
    charges.customer_id,
    charges.payment_intent_id,
    charges.status,
    charges.amount_minor,
    charges.currency,
    charges.amount_refunded_minor,
    charges.is_disputed,
    balance_transactions.fee_minor,
    balance_transactions.currency as fee_currency,
    balance_transactions.net_minor,
    charges.decline_code,
    charges.decline_group,
    charges.card_fingerprint,
    charges.card_brand,
    charges.card_last4,
    charges.created_at
from {{ ref("int_billing__charges") }} as charges
left join
    {{ ref("stg_stripe__balance_transactions") }} as balance_transactions
    on charges.balance_transaction_id = balance_transactions.balance_transaction_id
