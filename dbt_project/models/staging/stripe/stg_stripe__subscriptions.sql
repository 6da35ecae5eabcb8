{{ config(unique_key="subscription_id") }}
{% set shape = subscription_shape() %}

with
    versions as {{ newest_versions("subscription", "subscription_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions),

    known as (
        select
            *,
            {{ happened_at("o.canceled_at") }} as canceled_at,
            {{ happened_at("o.ended_at") }} as ended_at
        from parsed
        where {{ existed("o.created") }}
    )

select
    tenant_id,
    id as subscription_id,
    {{ id_of("o.customer") }} as customer_id,
    -- A stand-in that ended later than as_of was still served; only `active` or `trialing` is
    -- known.
    case
        when not is_stand_in or o.ended_at is null or ended_at is not null
        then o.status
        when {{ at("o.trial_end") }} > {{ as_of() }}
        then 'trialing'
        else 'active'
    end as status,
    o.collection_method,
    coalesce(o.currency, o."items".data[1].price.currency) as currency,
    {{ at("o.created") }} as created_at,
    {{ at("o.start_date") }} as started_at,
    {{ at("o.trial_start") }} as trial_start_at,
    {{ at("o.trial_end") }} as trial_end_at,
    {{
        at(
            "coalesce(o.current_period_start, "
            ~ min_of('o."items".data', "current_period_start")
            ~ ")"
        )
    }} as current_period_start_at,
    {{
        at(
            "coalesce(o.current_period_end, "
            ~ max_of('o."items".data', "current_period_end")
            ~ ")"
        )
    }} as current_period_end_at,
    {{ at(billing_cycle_anchor("o.billing_cycle_anchor")) }} as billing_cycle_anchor_at,
    {{ at("o.cancel_at") }} as cancel_at,
    canceled_at,
    ended_at,
    coalesce(o.cancel_at_period_end, false) as is_cancel_at_period_end,
    o.cancellation_details.reason as cancellation_reason,
    coalesce(o.pause_collection.behavior, o.status_details.paused.type) as pause_behavior,
    {{ at("o.pause_collection.resumes_at") }} as pause_resumes_at,
    {{ id_of("o.default_payment_method") }} as default_payment_method_id,
    {{ id_of("o.default_source") }} as default_source_id,
    {{ id_of("o.latest_invoice") }} as latest_invoice_id,
    {{ id_of("o.schedule") }} as subscription_schedule_id,
    o.days_until_due,
    o.test_clock is not null as is_test_clock,
    o.metadata,
    o.discount as applied_discount,
    o.discounts as applied_discounts,
    o."items".data as subscription_items,
    {{ version_columns() }}
from known
