{{ config(materialized="view") }}

select
    subscriptions.tenant_id,
    item.id as subscription_item_id,
    subscriptions.subscription_id,
    subscriptions.customer_id,
    coalesce(item.price.id, item.plan.id) as price_id,
    coalesce({{ id_of("item.price.product") }}, {{ id_of("item.plan.product") }}) as product_id,
    item.quantity,
    coalesce(
        {{ at("item.current_period_start") }}, subscriptions.current_period_start_at
    ) as current_period_start_at,
    coalesce(
        {{ at("item.current_period_end") }}, subscriptions.current_period_end_at
    ) as current_period_end_at,
    item.price,
    item.plan,
    item.discounts as applied_discounts,
    {{ at("item.created") }} as created_at,
    item.metadata,
    subscriptions.is_stand_in,
    subscriptions.version_at
from
    {{ ref("stg_stripe__subscriptions") }} as subscriptions
    {{ unnested("subscriptions.subscription_items", "item") }}
