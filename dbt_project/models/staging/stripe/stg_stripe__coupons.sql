{{ config(unique_key="coupon_id") }}
{% set shape = coupon_shape() %}

with
    versions as {{ newest_versions("coupon", "coupon_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as coupon_id,
    o.name,
    o.percent_off,
    o.amount_off as amount_off_minor,
    o.currency,
    o.currency_options,
    o.duration,
    o.duration_in_months,
    o.applies_to.products as applies_to_products,
    {{ at("o.redeem_by") }} as redeem_by_at,
    o.max_redemptions,
    o.times_redeemed,
    coalesce(o.valid, false) as is_valid,
    {{ at("o.created") }} as created_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
