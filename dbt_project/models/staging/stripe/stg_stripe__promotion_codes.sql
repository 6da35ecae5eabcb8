{{ config(unique_key="promotion_code_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "code": "VARCHAR",
    "active": "BOOLEAN",
    "coupon": "VARCHAR",
    "promotion": {"coupon": "VARCHAR"},
    "customer": "VARCHAR",
    "expires_at": "BIGINT",
    "max_redemptions": "BIGINT",
    "times_redeemed": "BIGINT",
    "restrictions": {
        "first_time_transaction": "BOOLEAN",
        "minimum_amount": "BIGINT",
        "minimum_amount_currency": "VARCHAR",
    },
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("promotion_code", "promotion_code_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as promotion_code_id,
    o.code,
    {{ id_of("coalesce(o.promotion.coupon, o.coupon)") }} as coupon_id,
    {{ id_of("o.customer") }} as customer_id,
    coalesce(o.active, false) as is_active,
    coalesce(o.restrictions.first_time_transaction, false) as is_first_time_only,
    o.restrictions.minimum_amount as minimum_amount_minor,
    o.restrictions.minimum_amount_currency as minimum_amount_currency,
    o.max_redemptions,
    o.times_redeemed,
    {{ at("o.expires_at") }} as expires_at,
    {{ at("o.created") }} as created_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
