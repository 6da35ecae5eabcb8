{{ config(unique_key="price_id") }}
{% set shape = price_shape() %}

with
    versions as {{ newest_versions("price", "price_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as price_id,
    {{ id_of("o.product") }} as product_id,
    o.nickname,
    o.lookup_key,
    o.currency,
    o.type,
    coalesce(o.active, false) as is_active,
    o.billing_scheme,
    o.tiers_mode,
    coalesce(o.unit_amount_decimal, o.unit_amount) as unit_amount_decimal,
    o.transform_quantity.divide_by as transform_divide_by,
    o.transform_quantity.round as transform_round,
    o.recurring.interval as billing_interval,
    o.recurring.interval_count as interval_count,
    coalesce(o.recurring.usage_type = 'metered', false) as is_metered,
    o.recurring.meter as meter_id,
    o.recurring.trial_period_days as trial_period_days,
    o.tiers,
    o.currency_options,
    {{ at("o.created") }} as created_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
