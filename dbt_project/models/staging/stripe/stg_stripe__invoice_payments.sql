{{ config(unique_key="invoice_payment_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "invoice": "VARCHAR",
    "status": "VARCHAR",
    "amount_paid": "BIGINT",
    "amount_requested": "BIGINT",
    "currency": "VARCHAR",
    "is_default": "BOOLEAN",
    "payment": {
        "type": "VARCHAR",
        "payment_intent": "VARCHAR",
        "charge": "VARCHAR",
        "payment_record": "VARCHAR",
    },
    "status_transitions": {"paid_at": "BIGINT", "canceled_at": "BIGINT"},
} %}

with
    versions as {{ newest_versions("invoice_payment", "invoice_payment_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions),

    known as (
        select
            *,
            {{ happened_at("o.status_transitions.paid_at") }} as paid_at,
            {{ happened_at("o.status_transitions.canceled_at") }} as canceled_at
        from parsed
        where {{ existed("o.created") }}
    )

select
    tenant_id,
    id as invoice_payment_id,
    {{ id_of("o.invoice") }} as invoice_id,
    {{ id_of("o.payment.payment_intent") }} as payment_intent_id,
    {{ id_of("o.payment.charge") }} as charge_id,
    o.payment.type as payment_type,
    case
        when o.status = 'paid' and o.status_transitions.paid_at is not null and paid_at is null
        then 'open'
        when
            o.status = 'canceled'
            and o.status_transitions.canceled_at is not null
            and canceled_at is null
        then 'open'
        else o.status
    end as status,
    case
        when o.status_transitions.paid_at is not null and paid_at is null then 0 else o.amount_paid
    end as amount_paid_minor,
    o.amount_requested as amount_requested_minor,
    o.currency,
    coalesce(o.is_default, false) as is_default,
    {{ at("o.created") }} as created_at,
    paid_at,
    canceled_at,
    {{ version_columns() }}
from known
