{{ config(unique_key="customer_id") }}
{% set discount = applied_discount_shape() %}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "email": "VARCHAR",
    "name": "VARCHAR",
    "address": {"country": "VARCHAR"},
    "currency": "VARCHAR",
    "delinquent": "BOOLEAN",
    "balance": "BIGINT",
    "default_source": "VARCHAR",
    "test_clock": "VARCHAR",
    "invoice_settings": {"default_payment_method": "VARCHAR"},
    "discount": discount,
    "tax_exempt": "VARCHAR",
    "preferred_locales": ["VARCHAR"],
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("customer", "customer_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as customer_id,
    o.email,
    o.name,
    o.address.country,
    o.currency,
    o.tax_exempt,
    {{ first_of("o.preferred_locales") }} as preferred_locale,
    {{ at("o.created") }} as created_at,
    coalesce(o.delinquent, false) as is_delinquent,
    o.test_clock is not null as is_test_clock,
    {{ id_of("o.invoice_settings.default_payment_method") }} as default_payment_method_id,
    {{ id_of("o.default_source") }} as default_source_id,
    coalesce(o.balance, 0) as balance_minor,
    o.discount as applied_discount,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
