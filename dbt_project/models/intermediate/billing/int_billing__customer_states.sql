{{ config(materialized="table", post_hook="{{ forget_built_states() }}") }}
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
{% set built = states_built_from() %}

-- Everything that is known of a customer, as one text that changes when any of it does; touched are
-- those for whom it differs from what the tables were built from.
with
    objects as (
        {% for relation, id in of_customer.items() %}
            {{ "union all" if not loop.first }}
            select
                tenant_id,
                customer_id,
                {{ row_digest([id, "payload_hash", "version_at", seen_as("is_stand_in")]) }}
                as digest
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
                        "invoice_payments.version_at",
                        seen_as("invoice_payments.is_stand_in"),
                    ]
                )
            }} as digest
        from {{ ref("stg_stripe__invoice_payments") }} as invoice_payments
        left join
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
                        [
                            "objects." ~ id,
                            "objects.payload_hash",
                            "objects.version_at",
                            seen_as("objects.is_stand_in"),
                        ]
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

    payers as (
        select tenant_id, invoice_id, customer_id
        from {{ ref("stg_stripe__charges") }}
        where invoice_id is not null
        union all
        select tenant_id, invoice_id, customer_id
        from {{ ref("stg_stripe__payment_intents") }}
        where invoice_id is not null
        union all
        select invoice_payments.tenant_id, invoice_payments.invoice_id, payment_intents.customer_id
        from {{ ref("stg_stripe__invoice_payments") }} as invoice_payments
        inner join
            {{ ref("stg_stripe__payment_intents") }} as payment_intents
            on invoice_payments.tenant_id = payment_intents.tenant_id
            and invoice_payments.payment_intent_id = payment_intents.payment_intent_id
        union all
        select invoice_payments.tenant_id, invoice_payments.invoice_id, charges.customer_id
        from {{ ref("stg_stripe__invoice_payments") }} as invoice_payments
        inner join
            {{ ref("stg_stripe__charges") }} as charges
            on invoice_payments.tenant_id = charges.tenant_id
            and invoice_payments.charge_id = charges.charge_id
    ),

    paid_by_others as (
        select
            invoices.tenant_id,
            invoices.invoice_id,
            {{ customer_key("invoices.customer_id") }} as owner_key,
            {{ customer_key("payers.customer_id") }} as payer_key
        from payers
        inner join
            {{ ref("stg_stripe__invoices") }} as invoices
            on payers.tenant_id = invoices.tenant_id
            and payers.invoice_id = invoices.invoice_id
        where {{ customer_key("invoices.customer_id") }} <> {{ customer_key("payers.customer_id") }}
    ),

    shared_keys as (
        select tenant_id, owner_key as customer_key, 'invoice:' || invoice_id as shared_key
        from paid_by_others
        union
        select tenant_id, payer_key as customer_key, 'invoice:' || invoice_id as shared_key
        from paid_by_others
        union
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

    -- What one customer of a shared card, e-mail or invoice does, all of them are looked at for.
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

    states as (
        select
            customers.tenant_id,
            customers.customer_key,
            customers.customer_id,
            cast(customers.digest as varchar)
            || '|'
            || coalesce(cast(around.digest as varchar), '') as state
        from customers
        left join
            around
            on customers.tenant_id = around.tenant_id
            and customers.customer_key = around.customer_key
    )

select
    states.*, {{ "coalesce(states.state <> built.state, true)" if built else "true" }} as is_touched
from states
{% if built %}
    left join
        {{ built }} as built
        on states.tenant_id = built.tenant_id
        and states.customer_key = built.customer_key
{% endif %}
