{{ config(**touched_customers_config()) }}

with
    invoices as (
        select *
        from {{ ref("stg_stripe__invoices") }}
        where {{ is_of_touched_customer("customer_id") }}
    ),

    refunds as (
        select charge_id, sum(amount_minor) as amount_minor
        from {{ ref("stg_stripe__refunds") }}
        where status in ('succeeded', 'pending')
        group by charge_id
    ),

    -- Warnings took no money, won and prevented disputes gave it back.
    disputes as (
        select
            charge_id,
            sum(
                case when status <> 'lost' and not is_open then 0 else amount_minor end
            ) as amount_minor,
            max(case when is_open then 1 else 0 end) as open_disputes
        from {{ ref("stg_stripe__disputes") }}
        group by charge_id
    ),

    -- What a charge itself says stands in where refunds or disputes could not be read.
    charges as (
        select
            charges.invoice_id,
            sum(case when charges.status = 'succeeded' then 1 else 0 end) as succeeded,
            max(case when charges.status = 'pending' then 1 else 0 end) as pending,
            sum(
                greatest(
                    coalesce(refunds.amount_minor, 0),
                    case
                        when charges.is_stand_in
                        then 0
                        else coalesce(charges.amount_refunded_minor, 0)
                    end
                )
            ) as refunded_minor,
            sum(
                case
                    when disputes.charge_id is not null
                    then disputes.amount_minor
                    when charges.is_disputed and not charges.is_stand_in
                    then charges.amount_minor
                    else 0
                end
            ) as disputed_minor,
            max(
                case
                    when disputes.charge_id is not null
                    then disputes.open_disputes
                    when charges.is_disputed and not charges.is_stand_in
                    then 1
                    else 0
                end
            ) as open_disputes
        from {{ ref("int_billing__charges") }} as charges
        left join refunds on charges.charge_id = refunds.charge_id
        left join disputes on charges.charge_id = disputes.charge_id
        where charges.invoice_id in (select invoice_id from invoices)
        group by charges.invoice_id
    ),

    credit_notes as (
        select invoice_id, sum(amount_minor) as amount_minor
        from {{ ref("stg_stripe__credit_notes") }}
        where status = 'issued' and invoice_id in (select invoice_id from invoices)
        group by invoice_id
    ),

    invoice_payments as (
        select
            invoice_id,
            max(case when status = 'paid' then 1 else 0 end) as paid,
            max(
                case when status = 'paid' and payment_type = 'payment_record' then 1 else 0 end
            ) as paid_by_record
        from {{ ref("stg_stripe__invoice_payments") }}
        where not is_deleted and invoice_id in (select invoice_id from invoices)
        group by invoice_id
    ),

    processing as (
        select intents.invoice_id
        from {{ ref("int_billing__invoice_payment_intents") }} as intents
        inner join
            {{ ref("stg_stripe__payment_intents") }} as payment_intents
            on intents.payment_intent_id = payment_intents.payment_intent_id
        where
            payment_intents.status = 'processing'
            and intents.invoice_id in (select invoice_id from invoices)
        group by intents.invoice_id
    )

select
    invoices.tenant_id,
    invoices.invoice_id,
    invoices.customer_id,
    invoices.subscription_id,
    invoices.number,
    invoices.status,
    invoices.collection_method,
    invoices.billing_reason,
    invoices.currency,
    invoices.total_minor,
    invoices.amount_due_minor,
    invoices.amount_paid_minor,
    invoices.amount_remaining_minor,
    invoices.created_at,
    invoices.finalized_at,
    invoices.due_at,
    invoices.paid_at,
    invoices.voided_at,
    invoices.marked_uncollectible_at,
    invoices.next_payment_attempt_at,
    invoices.attempt_count,
    invoices.is_attempted,
    invoices.is_auto_advance,
    -- Since basil nothing says so: a paid invoice none of whose payments was paid by Stripe.
    coalesce(
        invoices.is_paid_out_of_band
        or (
            invoices.status = 'paid'
            and invoices.amount_due_minor > 0
            and coalesce(charges.succeeded, 0) = 0
            and (invoice_payments.paid = 0 or invoice_payments.paid_by_record = 1)
        ),
        false
    ) as is_paid_out_of_band,
    invoices.is_test_clock,
    invoices.is_deleted,
    cast(coalesce(charges.refunded_minor, 0) as bigint) as refunded_minor,
    cast(coalesce(charges.disputed_minor, 0) as bigint) as disputed_minor,
    coalesce(charges.open_disputes, 0) = 1 as has_open_dispute,
    cast(
        greatest(
            coalesce(credit_notes.amount_minor, 0),
            coalesce(invoices.pre_payment_credited_minor + invoices.post_payment_credited_minor, 0)
        ) as bigint
    ) as credited_minor,
    processing.invoice_id is not null or coalesce(charges.pending, 0) = 1 as has_payment_processing,
    invoices.hosted_invoice_url,
    invoices.from_invoice_id,
    invoices.latest_revision_id,
    invoices.metadata,
    invoices.is_stand_in,
    invoices.version_at
from invoices
left join charges on invoices.invoice_id = charges.invoice_id
left join credit_notes on invoices.invoice_id = credit_notes.invoice_id
left join invoice_payments on invoices.invoice_id = invoice_payments.invoice_id
left join processing on invoices.invoice_id = processing.invoice_id
