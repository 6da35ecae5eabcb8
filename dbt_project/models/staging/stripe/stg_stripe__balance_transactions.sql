{{ config(unique_key="balance_transaction_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "available_on": "BIGINT",
    "type": "VARCHAR",
    "reporting_category": "VARCHAR",
    "source": "VARCHAR",
    "amount": "BIGINT",
    "fee": "BIGINT",
    "net": "BIGINT",
    "currency": "VARCHAR",
    "exchange_rate": "DECIMAL(38,18)",
    "status": "VARCHAR",
} %}

with
    versions as {{ newest_versions("balance_transaction", "balance_transaction_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as balance_transaction_id,
    o.type,
    o.reporting_category,
    {{ id_of("o.source") }} as source_id,
    o.amount as amount_minor,
    o.fee as fee_minor,
    o.net as net_minor,
    o.currency,
    o.exchange_rate,
    o.status,
    {{ at("o.created") }} as created_at,
    {{ at("o.available_on") }} as available_at,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
