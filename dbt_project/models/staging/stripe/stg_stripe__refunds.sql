{{ config(unique_key="refund_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "charge": "VARCHAR",
    "payment_intent": "VARCHAR",
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "balance_transaction": "VARCHAR",
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("refund", "refund_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as refund_id,
    {{ id_of("o.charge") }} as charge_id,
    {{ id_of("o.payment_intent") }} as payment_intent_id,
    {{ id_of("o.balance_transaction") }} as balance_transaction_id,
    o.amount as amount_minor,
    o.currency,
    -- Refunds of the first years have no status: they succeeded at once.
    coalesce(o.status, 'succeeded') as status,
    o.reason,
    {{ at("o.created") }} as created_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
