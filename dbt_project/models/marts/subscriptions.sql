with
    value_of as (
        select
            subscription_id,
            cast(sum(list_monthly_minor) as bigint) as list_monthly_minor,
            cast(sum(net_monthly_minor) as bigint) as net_monthly_minor
        from {{ ref("int_billing__subscription_item_value") }}
        group by subscription_id
    ),

    -- People name a subscription by its dearest item.
    plans as (
        select
            items.subscription_id,
            coalesce(products.name, prices.nickname, items.price_id) as plan_name,
            row_number() over (
                partition by items.subscription_id
                order by items.is_metered, items.list_monthly_minor desc, items.subscription_item_id
            ) as position
        from {{ ref("int_billing__subscription_item_value") }} as items
        left join
            {{ ref("stg_stripe__products") }} as products on items.product_id = products.product_id
        left join {{ ref("stg_stripe__prices") }} as prices on items.price_id = prices.price_id
    )

select
    subscriptions.tenant_id,
    subscriptions.subscription_id,
    subscriptions.customer_id,
    subscriptions.status,
    subscriptions.collection_method,
    subscriptions.currency,
    subscriptions.created_at,
    subscriptions.started_at,
    subscriptions.trial_start_at,
    subscriptions.trial_end_at,
    subscriptions.current_period_start_at,
    subscriptions.current_period_end_at,
    subscriptions.cancel_at,
    subscriptions.canceled_at,
    subscriptions.ended_at,
    subscriptions.is_cancel_at_period_end,
    subscriptions.pause_behavior,
    subscriptions.pause_resumes_at,
    subscriptions.default_payment_method_id,
    plans.plan_name,
    value_of.list_monthly_minor,
    value_of.net_monthly_minor,
    subscriptions.latest_invoice_id,
    subscriptions.is_test_clock,
    subscriptions.metadata,
    subscriptions.is_stand_in
from {{ ref("stg_stripe__subscriptions") }} as subscriptions
left join value_of on subscriptions.subscription_id = value_of.subscription_id
left join plans on subscriptions.subscription_id = plans.subscription_id and plans.position = 1
where not subscriptions.is_deleted
