{#
  What each current subscription item is worth a month today: at list price, and less the discounts
  that run. Discounts are taken off one after the other as on an invoice, each rounded to the minor
  unit; an amount off is spread over the items it touches in proportion to what is left of them.
#}
with recursive
    items as (select * from {{ ref("int_billing__subscription_item_list_value") }}),

    discounts as (select * from {{ ref("int_billing__running_discounts") }}),

    last_steps as (
        select subscription_id, max(step) as last_step from discounts group by subscription_id
    ),

    discounted as (
        select
            subscription_id,
            subscription_item_id,
            cast(0 as bigint) as step,
            list_period_minor as net_minor
        from items
        where not is_metered and list_period_minor > 0
        union all
        select
            spread.subscription_id,
            spread.subscription_item_id,
            spread.step,
            cast(
                spread.net_minor - case
                    when spread.percent_off is not null
                    then
                        {{
                            half_even(
                                "cast(spread.net_minor as hugeint) * cast(spread.percent_off * 10000 as hugeint)",
                                "1000000",
                            )
                        }}
                    when spread.amount_off_minor is not null and spread.total_minor > 0
                    then
                        {{
                            integer_quotient(
                                "spread.amount_off_minor * spread.up_to_here_minor",
                                "spread.total_minor",
                            )
                        }}
                        -
                        {{
                            integer_quotient(
                                "spread.amount_off_minor * (spread.up_to_here_minor - spread.net_minor)",
                                "spread.total_minor",
                            )
                        }}
                    else 0
                end as bigint
            ) as net_minor
        from
            (
                select
                    discounted.subscription_id,
                    discounted.subscription_item_id,
                    discounted.step + 1 as step,
                    discounted.net_minor,
                    discounts.percent_off,
                    least(
                        cast(discounts.amount_off_minor as hugeint),
                        sum(discounted.net_minor) over owner
                    ) as amount_off_minor,
                    sum(discounted.net_minor) over owner as total_minor,
                    sum(discounted.net_minor) over (
                        partition by discounted.subscription_id, discounts.object_id
                        order by discounted.subscription_item_id
                        rows between unbounded preceding and current row
                    ) as up_to_here_minor
                from discounted
                inner join
                    last_steps
                    on discounted.subscription_id = last_steps.subscription_id
                    and discounted.step < last_steps.last_step
                left join
                    discounts
                    on discounted.subscription_item_id = discounts.subscription_item_id
                    and discounted.step + 1 = discounts.step
                window owner as (partition by discounted.subscription_id, discounts.object_id)
            ) as spread
    ),

    net as (
        select discounted.subscription_item_id, discounted.net_minor
        from discounted
        left join last_steps on discounted.subscription_id = last_steps.subscription_id
        where discounted.step = coalesce(last_steps.last_step, 0)
    ),

    valued as (
        select
            items.*,
            case
                when items.list_period_minor > 0 then net.net_minor else items.list_period_minor
            end as net_period_minor
        from items
        left join net on items.subscription_item_id = net.subscription_item_id
    )

select
    tenant_id,
    subscription_id,
    subscription_item_id,
    customer_id,
    price_id,
    product_id,
    currency,
    quantity,
    list_period_minor,
    net_period_minor,
    {{ per_month("list_period_minor", "billing_interval", "interval_count") }}
    as list_monthly_minor,
    {{ per_month("net_period_minor", "billing_interval", "interval_count") }} as net_monthly_minor,
    is_metered,
    billing_interval,
    interval_count
from valued
