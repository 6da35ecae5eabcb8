{{ config(materialized="view") }}

select
    invoices.tenant_id,
    line.id as invoice_line_item_id,
    invoices.invoice_id,
    invoices.customer_id,
    {{
        id_of(
            "coalesce(         line.subscription,         line.parent.subscription_item_details.subscription,         line.parent.invoice_item_details.subscription     )"
        )
    }}
    as subscription_id,
    coalesce(
        line.subscription_item, line.parent.subscription_item_details.subscription_item
    ) as subscription_item_id,
    coalesce(
        line.invoice_item,
        line.parent.invoice_item_details.invoice_item,
        line.parent.subscription_item_details.invoice_item
    ) as invoice_item_id,
    coalesce(
        line.price.id, {{ id_of("line.pricing.price_details.price") }}, line.plan.id
    ) as price_id,
    coalesce(
        {{ id_of("line.price.product") }}, line.pricing.price_details.product, line.plan.product
    ) as product_id,
    coalesce(
        line.price.unit_amount_decimal,
        line.pricing.unit_amount_decimal,
        line.plan.amount_decimal,
        line.plan.amount
    ) as unit_amount_decimal,
    line.description,
    line.quantity,
    line.amount as amount_minor,
    line.currency,
    coalesce({{ sum_of("line.discount_amounts", "amount") }}, 0) as discount_minor,
    coalesce(
        {{ sum_of("line.taxes", "amount") }}, {{ sum_of("line.tax_amounts", "amount") }}, 0
    ) as tax_minor,
    coalesce(
        line.proration,
        line.parent.subscription_item_details.proration,
        line.parent.invoice_item_details.proration,
        false
    ) as is_proration,
    coalesce(line.discountable, true) as is_discountable,
    {{ at("line.period.start") }} as period_start_at,
    {{ at('line.period."end"') }} as period_end_at,
    line.discount_amounts,
    line.metadata,
    invoices.is_stand_in,
    invoices.version_at
from {{ ref("stg_stripe__invoices") }} as invoices {{ unnested("invoices.lines", "line") }}
