{{ config(materialized="table") }}
{% set shape = applied_discount_shape() %}
{% set owners = [
    ("subscription", "stg_stripe__subscriptions", "subscription_id", "subscription_id"),
    (
        "subscription_item",
        "stg_stripe__subscription_items",
        "subscription_item_id",
        "subscription_id",
    ),
    ("invoice", "stg_stripe__invoices", "invoice_id", "subscription_id"),
] %}

-- What is applied where: a list of ids or, expanded, of objects, in Stripe's order.
with
    listed as (
        {% for object_type, model, key, subscription in owners %}
            select
                owners.tenant_id,
                '{{ object_type }}' as object_type,
                owners.{{ key }} as object_id,
                owners.{{ subscription }} as subscription_id,
                owners.customer_id,
                places.position,
                owners.applied_discounts[places.position] as entry
            from {{ ref(model) }} as owners {{ positions("owners.applied_discounts") }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    -- Customers, and what versions before basil carry beside or instead of the list: one object.
    single as (
        select
            tenant_id,
            'subscription' as object_type,
            subscription_id as object_id,
            subscription_id,
            customer_id,
            coalesce({{ length_of("applied_discounts") }}, 0) as listed,
            applied_discount as o
        from {{ ref("stg_stripe__subscriptions") }}
        union all
        select
            tenant_id,
            'invoice',
            invoice_id,
            subscription_id,
            customer_id,
            coalesce({{ length_of("applied_discounts") }}, 0),
            applied_discount
        from {{ ref("stg_stripe__invoices") }}
        union all
        select tenant_id, 'customer', customer_id, null, customer_id, 0, applied_discount
        from {{ ref("stg_stripe__customers") }}
    ),

    parsed as (
        select *, {{ parse_json("case when left(entry, 1) = '{' then entry end", shape) }} as o
        from listed
    ),

    applied as (
        select
            tenant_id,
            object_type,
            object_id,
            subscription_id,
            customer_id,
            position,
            coalesce(o.id, entry) as discount_id,
            o
        from parsed
        union all
        select tenant_id, object_type, object_id, subscription_id, customer_id, 1, o.id, o
        from single
        where o.id is not null and listed = 0
    ),

    -- An event lists ids only: what they stand for was in an earlier version of the subscription.
    unexplained as (
        select distinct subscription_id
        from applied
        where o.id is null and subscription_id is not null
    ),

    earlier as (
        select
            {{
                parse_json(
                    "versions.payload",
                    {
                        "discount": shape,
                        "discounts": ["VARCHAR"],
                        "items": {"data": [{"discounts": ["VARCHAR"]}]},
                    },
                )
            }} as o
        from {{ source("stripe", "subscription") }} as versions
        inner join unexplained on versions.id = unexplained.subscription_id
        where versions.version_at <= {{ as_of() }}
    ),

    earlier_entries as (
        select {{ parse_json("entry", shape) }} as o
        from earlier {{ unnested("earlier.o.discounts", "entry") }}
        where left(entry, 1) = '{'
        union all
        select {{ parse_json("entry", shape) }} as o
        from
            earlier {{ unnested('earlier.o."items".data', "item") }}
            {{
                unnested(
                    "item.discounts",
                    "entry",
                )
            }}
        where left(entry, 1) = '{'
    ),

    objects as (
        select o.id as discount_id, o, 1 as preference
        from applied
        where o.id is not null
        union all
        select o.id, o, 2
        from single
        where o.id is not null
        union all
        select o.id, o, 3
        from earlier_entries
        union all
        select o.discount.id, o.discount, 3
        from earlier
        where o.discount.id is not null
    ),

    known as (
        select
            discount_id,
            o,
            row_number() over (partition by discount_id order by preference, o.start) as choice
        from objects
    ),

    described as (
        select
            applied.*, known.o as known, coalesce(known.o.coupon, known.o.source.coupon) as coupon
        from applied
        left join known on applied.discount_id = known.discount_id and known.choice = 1
    ),

    embedded as (
        select
            *,
            {{ id_of("coupon") }} as coupon_id,
            {{ parse_json("case when left(coupon, 1) = '{' then coupon end", coupon_shape()) }} as c
        from described
    )

select
    embedded.tenant_id,
    embedded.discount_id,
    embedded.object_type,
    embedded.object_id,
    embedded.position,
    embedded.subscription_id,
    embedded.customer_id,
    embedded.coupon_id,
    {{ id_of("embedded.known.promotion_code") }} as promotion_code_id,
    coalesce(coupons.name, embedded.c.name) as coupon_name,
    coalesce(coupons.percent_off, embedded.c.percent_off) as percent_off,
    coalesce(coupons.amount_off_minor, embedded.c.amount_off) as amount_off_minor,
    coalesce(coupons.currency, embedded.c.currency) as currency,
    coalesce(coupons.currency_options, embedded.c.currency_options) as currency_options,
    coalesce(coupons.duration, embedded.c.duration) as duration,
    coalesce(coupons.duration_in_months, embedded.c.duration_in_months) as duration_in_months,
    coalesce(coupons.applies_to_products, embedded.c.applies_to.products) as applies_to_products,
    coalesce(coupons.metadata, embedded.c.metadata) as coupon_metadata,
    {{ at("embedded.known.start") }} as started_at,
    {{ at('embedded.known."end"') }} as ends_at
from embedded
left join
    {{ ref("stg_stripe__coupons") }} as coupons
    on embedded.coupon_id = coupons.coupon_id
    and not coupons.is_deleted
