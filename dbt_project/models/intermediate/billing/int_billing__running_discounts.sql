{#
  The discounts that lower the next invoices of a subscription's licensed items. One row per item
  and discount that touches it; `step` is the order in which Stripe applies them in a subscription:
  those of its items, then its own, the customer's only where the subscription has none.
#}
with
    items as (
        select * from {{ ref("int_billing__subscription_item_list_value") }} where not is_metered
    ),

    discounts as (select * from {{ ref("stg_stripe__discounts") }} where object_type <> 'invoice'),

    discounted_subscriptions as (
        select distinct subscription_id from discounts where subscription_id is not null
    ),

    owners as (
        select
            subscription_item_id,
            1 as level,
            'subscription_item' as object_type,
            subscription_item_id as object_id
        from items
        union all
        select subscription_item_id, 2, 'subscription', subscription_id
        from items
        union all
        select items.subscription_item_id, 3, 'customer', items.customer_id
        from items
        left join
            discounted_subscriptions
            on items.subscription_id = discounted_subscriptions.subscription_id
        where discounted_subscriptions.subscription_id is null
    ),

    -- A coupon in another currency takes its option for the item's currency, or nothing.
    offered as (
        select
            items.subscription_id,
            items.subscription_item_id,
            owners.level,
            discounts.object_id,
            discounts.position,
            discounts.discount_id,
            discounts.percent_off,
            case
                when discounts.currency = items.currency
                then discounts.amount_off_minor
                else
                    cast(
                        {{
                            json_field_at(
                                "discounts.currency_options", "items.currency || '.amount_off'"
                            )
                        }} as bigint
                    )
            end as amount_off_minor,
            -- An invoice of more than a month keeps the discount that it was made with.
            case
                when
                    items.billing_interval = 'year'
                    or (items.billing_interval = 'month' and items.interval_count > 1)
                then least(items.current_period_start_at, {{ as_of() }})
                else {{ as_of() }}
            end as counted_from,
            discounts.ends_at
        from items
        inner join owners on items.subscription_item_id = owners.subscription_item_id
        inner join
            discounts
            on owners.object_type = discounts.object_type
            and owners.object_id = discounts.object_id
        where
            -- `once` was used up by one invoice.
            coalesce(discounts.duration, '') <> 'once'
            and coalesce(discounts.started_at <= {{ as_of() }}, true)
            and coalesce({{ contains("discounts.applies_to_products", "items.product_id") }}, true)
    )

select
    subscription_id,
    subscription_item_id,
    object_id,
    discount_id,
    percent_off,
    amount_off_minor,
    dense_rank() over (partition by subscription_id order by level, position) as step
from offered
where coalesce(ends_at > counted_from, true)
