{{ config(materialized="view") }}
{% set shape = price_shape() %}

-- Tiers of a price in its own currency, and in those of its currency options.
with
    prices as (select * from {{ ref("stg_stripe__prices") }}),

    tiers as (
        select prices.tenant_id, prices.price_id, prices.currency, tier
        from prices {{ unnested("prices.tiers", "tier") }}
        union all
        select options.tenant_id, options.price_id, options.currency, tier
        from
            (
                select
                    prices.tenant_id,
                    prices.price_id,
                    option as currency,
                    {{
                        parse_json(
                            json_field_at("prices.currency_options", "option"),
                            {"tiers": shape["tiers"]},
                        )
                    }} as o
                from prices {{ unnested(json_names("prices.currency_options"), "option") }}
                where option <> prices.currency
            ) as options
            {{ unnested("options.o.tiers", "tier") }}
    ),

    -- The last tier is open: 'inf' or null.
    bounded as (select *, {{ dbt.safe_cast("tier.up_to", "bigint") }} as up_to from tiers)

select
    tenant_id,
    price_id,
    currency,
    row_number() over (
        partition by price_id, currency order by coalesce(up_to, 9223372036854775807)
    ) as tier_number,
    up_to,
    coalesce(tier.unit_amount_decimal, tier.unit_amount, 0) as unit_amount_decimal,
    coalesce(tier.flat_amount_decimal, tier.flat_amount, 0) as flat_amount_decimal
from bounded
