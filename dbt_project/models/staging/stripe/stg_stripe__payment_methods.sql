{{ config(unique_key="payment_method_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "customer": "VARCHAR",
    "type": "VARCHAR",
    "card": {
        "fingerprint": "VARCHAR",
        "brand": "VARCHAR",
        "last4": "VARCHAR",
        "exp_year": "BIGINT",
        "exp_month": "BIGINT",
        "country": "VARCHAR",
        "funding": "VARCHAR",
    },
    "sepa_debit": {"fingerprint": "VARCHAR"},
    "us_bank_account": {"fingerprint": "VARCHAR"},
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("payment_method", "payment_method_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as payment_method_id,
    {{ id_of("o.customer") }} as customer_id,
    o.type,
    o.card.fingerprint as card_fingerprint,
    coalesce(
        o.card.fingerprint, o.sepa_debit.fingerprint, o.us_bank_account.fingerprint
    ) as fingerprint,
    o.card.brand as card_brand,
    o.card.last4 as card_last4,
    o.card.exp_year as card_exp_year,
    o.card.exp_month as card_exp_month,
    o.card.country as card_country,
    o.card.funding as card_funding,
    {{ at("o.created") }} as created_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
