{{ config(unique_key="charge_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "customer": "VARCHAR",
    "invoice": "VARCHAR",
    "payment_intent": "VARCHAR",
    "balance_transaction": "VARCHAR",
    "status": "VARCHAR",
    "amount": "BIGINT",
    "amount_captured": "BIGINT",
    "amount_refunded": "BIGINT",
    "currency": "VARCHAR",
    "captured": "BOOLEAN",
    "disputed": "BOOLEAN",
    "failure_code": "VARCHAR",
    "payment_method": "VARCHAR",
    "source": "VARCHAR",
    "metadata": "VARCHAR",
    "outcome": {
        "type": "VARCHAR",
        "reason": "VARCHAR",
        "network_decline_code": "VARCHAR",
        "advice_code": "VARCHAR",
        "network_advice_code": "VARCHAR",
        "risk_level": "VARCHAR",
    },
    "payment_method_details": {
        "type": "VARCHAR",
        "card": {
            "fingerprint": "VARCHAR",
            "brand": "VARCHAR",
            "network": "VARCHAR",
            "last4": "VARCHAR",
            "exp_year": "BIGINT",
            "exp_month": "BIGINT",
            "country": "VARCHAR",
            "funding": "VARCHAR",
        },
    },
} %}

with
    versions as {{ newest_versions("charge", "charge_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as charge_id,
    {{ id_of("o.customer") }} as customer_id,
    {{ id_of("o.invoice") }} as invoice_id,
    {{ id_of("o.payment_intent") }} as payment_intent_id,
    {{ id_of("o.balance_transaction") }} as balance_transaction_id,
    o.status,
    o.amount as amount_minor,
    o.amount_captured as amount_captured_minor,
    o.amount_refunded as amount_refunded_minor,
    o.currency,
    coalesce(o.captured, false) as is_captured,
    coalesce(o.disputed, false) as is_disputed,
    {{ at("o.created") }} as created_at,
    o.failure_code,
    o.outcome.type as outcome_type,
    o.outcome.reason as outcome_reason,
    o.outcome.network_decline_code,
    o.outcome.advice_code,
    o.outcome.network_advice_code,
    o.outcome.risk_level,
    coalesce({{ id_of("o.payment_method") }}, {{ id_of("o.source") }}) as payment_method_id,
    o.payment_method_details.type as payment_method_type,
    o.payment_method_details.card.fingerprint as card_fingerprint,
    o.payment_method_details.card.brand as card_brand,
    coalesce(
        o.payment_method_details.card.network, o.payment_method_details.card.brand
    ) as card_network,
    o.payment_method_details.card.last4 as card_last4,
    o.payment_method_details.card.exp_year as card_exp_year,
    o.payment_method_details.card.exp_month as card_exp_month,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
