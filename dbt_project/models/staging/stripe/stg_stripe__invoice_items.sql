{{ config(unique_key="invoice_item_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "date": "BIGINT",
    "customer": "VARCHAR",
    "invoice": "VARCHAR",
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "description": "VARCHAR",
    "quantity": "BIGINT",
    "proration": "BOOLEAN",
    "discountable": "BOOLEAN",
    "test_clock": "VARCHAR",
    "period": {"start": "BIGINT", "end": "BIGINT"},
    "subscription": "VARCHAR",
    "subscription_item": "VARCHAR",
    "price": {"id": "VARCHAR", "product": "VARCHAR"},
    "plan": plan_shape(),
    "pricing": line_pricing_shape(),
    "parent": {
        "subscription_details": {
            "subscription": "VARCHAR",
            "subscription_item": "VARCHAR",
        }
    },
    "discounts": ["VARCHAR"],
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("invoiceitem", "invoice_item_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as invoice_item_id,
    {{ id_of("o.customer") }} as customer_id,
    {{ id_of("o.invoice") }} as invoice_id,
    {{ id_of("coalesce(o.subscription, o.parent.subscription_details.subscription)") }}
    as subscription_id,
    coalesce(
        o.subscription_item, o.parent.subscription_details.subscription_item
    ) as subscription_item_id,
    coalesce(o.price.id, {{ id_of("o.pricing.price_details.price") }}, o.plan.id) as price_id,
    coalesce(o.price.product, o.pricing.price_details.product, o.plan.product) as product_id,
    o.amount as amount_minor,
    o.currency,
    o.description,
    o.quantity,
    coalesce(o.proration, false) as is_proration,
    coalesce(o.discountable, true) as is_discountable,
    {{ at("o.period.start") }} as period_start_at,
    {{ at('o.period."end"') }} as period_end_at,
    o.test_clock is not null as is_test_clock,
    o.discounts as applied_discounts,
    {{ at("o.date") }} as created_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.date") }}
