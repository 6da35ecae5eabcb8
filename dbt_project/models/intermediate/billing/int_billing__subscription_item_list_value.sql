{#
  What each current subscription item costs a period at list price, before discounts: the amount
  that a line of its next invoice would have, rounded to the minor unit as Stripe rounds a line.
#}
with
    items as (
        select
            items.tenant_id,
            items.subscription_id,
            items.subscription_item_id,
            items.customer_id,
            items.price_id,
            items.product_id,
            coalesce(subscriptions.currency, items.price.currency, items.plan.currency) as currency,
            coalesce(items.price.currency, prices.currency, items.plan.currency) as price_currency,
            coalesce(items.quantity, 0) as quantity,
            items.current_period_start_at,
            coalesce(items.price.recurring.usage_type, items.plan.usage_type, 'licensed')
            = 'metered' as is_metered,
            coalesce(items.price.recurring.interval, items.plan.interval) as billing_interval,
            coalesce(
                items.price.recurring.interval_count, items.plan.interval_count, 1
            ) as interval_count,
            coalesce(items.price.billing_scheme, items.plan.billing_scheme) as billing_scheme,
            coalesce(items.price.tiers_mode, items.plan.tiers_mode) as tiers_mode,
            coalesce(
                items.price.unit_amount_decimal,
                items.price.unit_amount,
                items.plan.amount_decimal,
                items.plan.amount,
                prices.unit_amount_decimal
            ) as unit_amount_decimal,
            coalesce(
                items.price.transform_quantity.divide_by, prices.transform_divide_by
            ) as divide_by,
            coalesce(items.price.transform_quantity.round, prices.transform_round) as rounding,
            coalesce(items.price.currency_options, prices.currency_options) as currency_options
        from {{ ref("stg_stripe__subscription_items") }} as items
        inner join
            {{ ref("stg_stripe__subscriptions") }} as subscriptions
            on items.subscription_id = subscriptions.subscription_id
        left join {{ ref("stg_stripe__prices") }} as prices on items.price_id = prices.price_id
    ),

    -- A package of ten costs the same for one as for ten: quantity counts packages.
    units as (
        select
            *,
            case
                when divide_by > 0 and rounding = 'up'
                then {{ integer_quotient("quantity + divide_by - 1", "divide_by") }}
                when divide_by > 0
                then {{ integer_quotient("quantity", "divide_by") }}
                else quantity
            end as units,
            -- Billed in another currency than the price's own: its option, or unknown.
            case
                when price_currency = currency
                then unit_amount_decimal
                else
                    coalesce(
                        cast(
                            {{
                                json_field_at(
                                    "currency_options", "currency || '.unit_amount_decimal'"
                                )
                            }} as decimal(24, 12)
                        ),
                        cast(
                            {{ json_field_at("currency_options", "currency || '.unit_amount'") }}
                            as decimal(24, 12)
                        )
                    )
            end as unit_amount
        from items
    ),

    tiers as (
        select
            price_id,
            currency,
            tier_number,
            unit_amount_decimal,
            flat_amount_decimal,
            coalesce(
                lag(up_to) over (partition by price_id, currency order by tier_number), 0
            ) as above,
            coalesce(up_to, 9223372036854775807) as up_to
        from {{ ref("stg_stripe__price_tiers") }}
    ),

    -- Volume: all units at the price of the tier that holds the last. Graduated: each at its own.
    -- The flat amount of a first tier is due at quantity 0 too.
    tiered as (
        select
            units.subscription_item_id,
            sum(
                tiers.flat_amount_decimal
                + tiers.unit_amount_decimal
                * case
                    when units.tiers_mode = 'volume'
                    then units.units
                    else least(units.units, tiers.up_to) - tiers.above
                end
            ) as amount
        from units
        inner join tiers on units.price_id = tiers.price_id and units.currency = tiers.currency
        where
            units.billing_scheme = 'tiered'
            and (units.units > tiers.above or tiers.tier_number = 1)
            and (units.tiers_mode = 'graduated' or units.units <= tiers.up_to)
        group by units.subscription_item_id
    )

select
    units.tenant_id,
    units.subscription_id,
    units.subscription_item_id,
    units.customer_id,
    units.price_id,
    units.product_id,
    units.currency,
    units.quantity,
    units.current_period_start_at,
    units.is_metered,
    units.billing_interval,
    units.interval_count,
    case
        when units.is_metered
        then 0
        when units.billing_scheme = 'tiered'
        then {{ rounded("tiered.amount") }}
        else {{ rounded("units.unit_amount * units.units") }}
    end as list_period_minor
from units
left join tiered on units.subscription_item_id = tiered.subscription_item_id
