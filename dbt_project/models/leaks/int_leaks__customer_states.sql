{{ config(materialized="table") }}
{% set of_customer = {
    "stg_stripe__customers": "customer_id",
    "stg_stripe__subscriptions": "subscription_id",
    "stg_stripe__subscription_schedules": "subscription_schedule_id",
    "stg_stripe__invoices": "invoice_id",
    "stg_stripe__invoice_items": "invoice_item_id",
    "stg_stripe__charges": "charge_id",
    "stg_stripe__payment_intents": "payment_intent_id",
    "stg_stripe__payment_methods": "payment_method_id",
    "stg_stripe__credit_notes": "credit_note_id",
} %}

-- Everything that is known of a customer, as one number that changes when any of it does.
with
    objects as (
        {% for relation, id in of_customer.items() %}
            {{ "union all" if not loop.first }}
            select
                tenant_id,
                customer_id,
                {{ row_digest([id, "payload_hash", seen_as("is_stand_in")]) }} as digest
            from {{ ref(relation) }}
        {% endfor %}
        union all
        select
            invoice_payments.tenant_id,
            invoices.customer_id,
            {{
                row_digest(
                    [
                        "invoice_payments.invoice_payment_id",
                        "invoice_payments.payload_hash",
                        seen_as("invoice_payments.is_stand_in"),
                    ]
                )
            }} as digest
        from {{ ref("stg_stripe__invoice_payments") }} as invoice_payments
        inner join
            {{ ref("stg_stripe__invoices") }} as invoices
            on invoice_payments.tenant_id = invoices.tenant_id
            and invoice_payments.invoice_id = invoices.invoice_id
        {% for relation, id in {
                "stg_stripe__refunds": "refund_id",
                "stg_stripe__disputes": "dispute_id",
            }.items() %}
            union all
            select
                objects.tenant_id,
                charges.customer_id,
                {{
                    row_digest(
                        ["objects." ~ id, "objects.payload_hash", seen_as("objects.is_stand_in")]
                    )
                }} as digest
            from {{ ref(relation) }} as objects
            inner join
                {{ ref("stg_stripe__charges") }} as charges
                on objects.tenant_id = charges.tenant_id
                and objects.charge_id = charges.charge_id
        {% endfor %}
    ),

    customers as (
        select
            tenant_id,
            {{ customer_key("customer_id") }} as customer_key,
            max(customer_id) as customer_id,
            sum(digest) as digest
        from objects
        group by tenant_id, {{ customer_key("customer_id") }}
    ),

    shared_keys as (
        select tenant_id, customer_id as customer_key, 'card:' || card_fingerprint as shared_key
        from {{ ref("stg_stripe__payment_methods") }}
        where customer_id is not null and card_fingerprint is not null
        union
        select tenant_id, customer_id as customer_key, 'card:' || card_fingerprint as shared_key
        from {{ ref("stg_stripe__charges") }}
        where customer_id is not null and card_fingerprint is not null
        union
        select tenant_id, customer_id as customer_key, 'email:' || lower(trim(email)) as shared_key
        from {{ ref("stg_stripe__customers") }}
        where email is not null
    ),

    -- What one customer of a shared card or e-mail does, all of them are looked at for.
    neighbourhoods as (
        select shared_keys.tenant_id, shared_keys.shared_key, sum(customers.digest) as digest
        from shared_keys
        inner join
            customers
            on shared_keys.tenant_id = customers.tenant_id
            and shared_keys.customer_key = customers.customer_key
        group by shared_keys.tenant_id, shared_keys.shared_key
        having count(*) > 1
    ),

    around as (
        select
            shared_keys.tenant_id,
            shared_keys.customer_key,
            sum({{ row_digest(["neighbourhoods.shared_key", "neighbourhoods.digest"]) }}) as digest
        from shared_keys
        inner join
            neighbourhoods
            on shared_keys.tenant_id = neighbourhoods.tenant_id
            and shared_keys.shared_key = neighbourhoods.shared_key
        group by shared_keys.tenant_id, shared_keys.customer_key
    ),

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
    cast(customers.digest as varchar)
    || '|'
    || coalesce(cast(around.digest as varchar), '')
    || '|'
    || coalesce(cast(catalogue.digest as varchar), '')
    || '|'
    || coalesce(cast(coverage.digest as varchar), '')
    || '|'
    || coalesce(rules.policy_version, '') as state
from customers
left join
    around
    on customers.tenant_id = around.tenant_id
    and customers.customer_key = around.customer_key
left join catalogue on customers.tenant_id = catalogue.tenant_id
left join coverage on customers.tenant_id = coverage.tenant_id
left join rules on customers.tenant_id = rules.tenant_id
