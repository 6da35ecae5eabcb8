{{ config(unique_key="payment_intent_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "customer": "VARCHAR",
    "invoice": "VARCHAR",
    "status": "VARCHAR",
    "amount": "BIGINT",
    "amount_received": "BIGINT",
    "currency": "VARCHAR",
    "canceled_at": "BIGINT",
    "cancellation_reason": "VARCHAR",
    "latest_charge": "VARCHAR",
    "payment_method": "VARCHAR",
    "next_action": {"type": "VARCHAR"},
    "last_payment_error": {
        "code": "VARCHAR",
        "decline_code": "VARCHAR",
        "advice_code": "VARCHAR",
        "network_decline_code": "VARCHAR",
        "network_advice_code": "VARCHAR",
    },
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("payment_intent", "payment_intent_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as payment_intent_id,
    {{ id_of("o.customer") }} as customer_id,
    {{ id_of("o.invoice") }} as invoice_id,
    o.status,
    o.amount as amount_minor,
    o.amount_received as amount_received_minor,
    o.currency,
    {{ at("o.created") }} as created_at,
    {{ happened_at("o.canceled_at") }} as canceled_at,
    o.cancellation_reason,
    {{ id_of("o.latest_charge") }} as latest_charge_id,
    {{ id_of("o.payment_method") }} as payment_method_id,
    o.next_action.type as next_action_type,
    o.last_payment_error.code as last_error_code,
    o.last_payment_error.decline_code as last_error_decline_code,
    o.last_payment_error.advice_code as last_error_advice_code,
    o.last_payment_error.network_decline_code as last_error_network_decline_code,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
