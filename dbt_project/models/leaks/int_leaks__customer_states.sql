{{ config(materialized="table") }}

-- Everything that a verdict on a customer depends on, as one text that changes when any of it does.
with
    -- What is sold, and at which discount, belongs to everybody; that a coupon was redeemed
    -- changes nobody.
    catalogue as (
        select tenant_id, sum(digest) as digest
        from
            (
                {% for relation, columns in {
                    "stg_stripe__prices": ["price_id", "payload_hash"],
                    "stg_stripe__products": ["product_id", "payload_hash"],
                    "stg_stripe__coupons": [
                        "coupon_id",
                        "percent_off",
                        "amount_off_minor",
                        "currency",
                        "currency_options",
                        "duration",
                        "duration_in_months",
                        "applies_to_products",
                        "redeem_by_at",
                        "metadata",
                        "is_deleted",
                    ],
                }.items() %}
                    {{ "union all" if not loop.first }}
                    select tenant_id, {{ row_digest(columns) }} as digest
                    from {{ ref(relation) }}
                {% endfor %}
            ) as objects
        group by tenant_id
    ),

    coverage as (
        select tenant_id, sum({{ row_digest(["resource", "is_on", "permission"]) }}) as digest
        from {{ ref("data_coverage") }}
        group by tenant_id
    ),

    rules as (
        select tenant_id, max(policy_version) as policy_version
        from {{ ref("policy") }}
        group by tenant_id
    )

select
    customers.tenant_id,
    customers.customer_key,
    customers.customer_id,
    rules.policy_version,
    customers.state
    || '|'
    || coalesce(cast(catalogue.digest as varchar), '')
    || '|'
    || coalesce(cast(coverage.digest as varchar), '')
    || '|'
    || coalesce(rules.policy_version, '') as state
from {{ ref("int_billing__customer_states") }} as customers
left join catalogue on customers.tenant_id = catalogue.tenant_id
left join coverage on customers.tenant_id = coverage.tenant_id
left join rules on customers.tenant_id = rules.tenant_id
