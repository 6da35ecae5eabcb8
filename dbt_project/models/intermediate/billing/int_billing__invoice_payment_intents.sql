{{ config(**touched_customers_config()) }}

-- Which payment intents pay which invoice, from wherever a version of the API says it.
with
    invoices as (
        select *
        from {{ ref("stg_stripe__invoices") }}
        where {{ is_of_touched_customer("customer_id") }}
    ),

    embedded as (
        select
            invoices.tenant_id,
            invoices.customer_id,
            invoices.invoice_id,
            {{ id_of("payment.payment.payment_intent") }} as payment_intent_id,
            {{ id_of("payment.payment.charge") }} as charge_id
        from invoices {{ unnested("invoices.payments", "payment") }}
    ),

    links as (
        select
            payments.tenant_id,
            owners.customer_id,
            payments.invoice_id,
            payments.payment_intent_id,
            payments.charge_id
        from {{ ref("stg_stripe__invoice_payments") }} as payments
        left join
            {{ ref("stg_stripe__invoices") }} as owners
            on payments.tenant_id = owners.tenant_id
            and payments.invoice_id = owners.invoice_id
        where not payments.is_deleted and {{ is_of_touched_customer("owners.customer_id") }}
        union all
        select tenant_id, customer_id, invoice_id, payment_intent_id, charge_id
        from embedded
        union all
        select tenant_id, customer_id, invoice_id, payment_intent_id, charge_id
        from invoices
        union all
        select tenant_id, customer_id, invoice_id, payment_intent_id, null as charge_id
        from {{ ref("stg_stripe__payment_intents") }}
        where invoice_id is not null and {{ is_of_touched_customer("customer_id") }}
    )

select distinct tenant_id, customer_id, invoice_id, payment_intent_id, charge_id
from links
where payment_intent_id is not null or charge_id is not null
