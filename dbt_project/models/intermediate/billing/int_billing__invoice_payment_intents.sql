{# Which payment intents pay which invoice, from wherever a version of the API says it. #}
with
    embedded as (
        select
            invoices.tenant_id,
            invoices.invoice_id,
            {{ id_of("payment.payment.payment_intent") }} as payment_intent_id,
            {{ id_of("payment.payment.charge") }} as charge_id
        from
            {{ ref("stg_stripe__invoices") }} as invoices
            {{ unnested("invoices.payments", "payment") }}
    ),

    links as (
        select tenant_id, invoice_id, payment_intent_id, charge_id
        from {{ ref("stg_stripe__invoice_payments") }}
        where not is_deleted
        union all
        select tenant_id, invoice_id, payment_intent_id, charge_id
        from embedded
        union all
        select tenant_id, invoice_id, payment_intent_id, charge_id
        from {{ ref("stg_stripe__invoices") }}
        union all
        select tenant_id, invoice_id, payment_intent_id, null as charge_id
        from {{ ref("stg_stripe__payment_intents") }}
        where invoice_id is not null
    )

select distinct tenant_id, invoice_id, payment_intent_id, charge_id
from links
where payment_intent_id is not null or charge_id is not null
