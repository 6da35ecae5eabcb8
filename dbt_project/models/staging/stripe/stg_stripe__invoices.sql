{{ config(unique_key="invoice_id") }}
{% set shape = invoice_shape() %}

with
    versions as {{ newest_versions("invoice", "invoice_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions),

    -- A stand-in was read later than as_of: what happened in between is undone.
    known as (
        select
            *,
            {{ happened_at("o.status_transitions.finalized_at") }} as finalized_at,
            {{ happened_at("o.status_transitions.paid_at") }} as paid_at,
            {{ happened_at("o.status_transitions.voided_at") }} as voided_at,
            {{ happened_at("o.status_transitions.marked_uncollectible_at") }}
            as marked_uncollectible_at,
            case
                o.status
                when 'paid'
                then {{ at("o.status_transitions.paid_at") }}
                when 'void'
                then {{ at("o.status_transitions.voided_at") }}
                else {{ at("o.status_transitions.marked_uncollectible_at") }}
            end as closed_at
        from parsed
        where {{ existed("o.created") }}
    ),

    dated as (
        select
            *,
            case
                when not is_stand_in
                then o.status
                when o.status_transitions.finalized_at is not null and finalized_at is null
                then 'draft'
                when o.status in ('paid', 'void', 'uncollectible') and closed_at > {{ as_of() }}
                then case when marked_uncollectible_at is null then 'open' else 'uncollectible' end
                else o.status
            end as status_as_of
        from known
    )

select
    tenant_id,
    id as invoice_id,
    {{ id_of("o.customer") }} as customer_id,
    {{ id_of("coalesce(o.subscription, o.parent.subscription_details.subscription)") }}
    as subscription_id,
    o.number,
    status_as_of as status,
    o.collection_method,
    o.billing_reason,
    o.currency,
    o.subtotal as subtotal_minor,
    o.total as total_minor,
    coalesce(
        o.tax,
        {{ sum_of("o.total_taxes", "amount") }},
        {{ sum_of("o.total_tax_amounts", "amount") }},
        0
    ) as tax_minor,
    o.amount_due as amount_due_minor,
    case when status_as_of = o.status then o.amount_paid else 0 end as amount_paid_minor,
    case
        when status_as_of = o.status then o.amount_remaining else o.amount_due
    end as amount_remaining_minor,
    o.starting_balance as starting_balance_minor,
    o.ending_balance as ending_balance_minor,
    coalesce(o.pre_payment_credit_notes_amount, 0) as pre_payment_credited_minor,
    coalesce(o.post_payment_credit_notes_amount, 0) as post_payment_credited_minor,
    {{ at("o.created") }} as created_at,
    {{ at("o.period_start") }} as period_start_at,
    {{ at("o.period_end") }} as period_end_at,
    finalized_at,
    {{ at("o.due_date") }} as due_at,
    paid_at,
    voided_at,
    marked_uncollectible_at,
    case
        when status_as_of = o.status then {{ at("o.next_payment_attempt") }}
    end as next_payment_attempt_at,
    case when status_as_of = 'draft' then 0 else coalesce(o.attempt_count, 0) end as attempt_count,
    status_as_of <> 'draft' and coalesce(o.attempted, false) as is_attempted,
    coalesce(o.auto_advance, false) as is_auto_advance,
    status_as_of = 'paid'
    and (
        coalesce(o.paid_out_of_band, false) or coalesce(o.amount_paid_off_stripe, 0) > 0
    ) as is_paid_out_of_band,
    o.test_clock is not null as is_test_clock,
    {{ id_of("o.payment_intent") }} as payment_intent_id,
    {{ id_of("o.charge") }} as charge_id,
    {{ id_of("o.default_payment_method") }} as default_payment_method_id,
    {{ id_of("o.from_invoice.invoice") }} as from_invoice_id,
    {{ id_of("o.latest_revision") }} as latest_revision_id,
    o.status_details.uncollectible.reason as uncollectible_reason,
    o.last_finalization_error.code as finalization_error_code,
    o.last_finalization_error.message as finalization_error_message,
    o.hosted_invoice_url,
    o.metadata,
    o.payments.data as payments,
    o.discount as applied_discount,
    o.discounts as applied_discounts,
    o.total_discount_amounts as discount_amounts,
    o.lines.data as lines,
    {{ version_columns() }}
from dated
