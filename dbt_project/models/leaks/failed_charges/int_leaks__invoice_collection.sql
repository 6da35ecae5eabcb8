{{ config(materialized="view") }}

-- One row per invoice that is not paid, or was not when it should have been: what was tried, and
-- why not.
with
    billed as (
        select *, coalesce(finalized_at, created_at) as billed_at
        from {{ ref("invoices") }}
        where status <> 'draft' and total_minor > 0
    ),

    customers_who_paid as (
        select distinct tenant_id, customer_id
        from billed
        where status = 'paid' and amount_paid_minor > 0
    ),

    attempts as (
        select * from {{ ref("int_billing__payment_attempts") }} where attempted_at <= {{ as_of() }}
    ),

    unpaid as (select * from billed where status in ('open', 'uncollectible')),

    troubled as (
        select tenant_id, invoice_id
        from unpaid
        union
        select tenant_id, invoice_id
        from attempts
        where status = 'failed'
    ),

    -- Stripe does not carry out retries of such declines, nor do they work when the network says
    -- never.
    tries as (
        select
            attempts.*,
            attempts.is_stripe_retry_blocked
            or attempts.advice_code = 'do_not_try_again'
            or (
                attempts.decline_group = 'never' and codes.decline_group <> 'never'
            ) as is_never_retried,
            row_number() over (
                partition by attempts.tenant_id, attempts.invoice_id, attempts.status
                order by attempts.attempted_at desc, attempts.attempt_id desc
            ) as newest_first
        from attempts
        inner join
            troubled
            on attempts.tenant_id = troubled.tenant_id
            and attempts.invoice_id = troubled.invoice_id
        left join {{ ref("decline_codes") }} as codes on attempts.decline_code = codes.decline_code
    ),

    last_failures as (select * from tries where status = 'failed' and newest_first = 1),

    collections as (
        select
            tenant_id,
            invoice_id,
            count(*) as tries,
            count(case when status = 'failed' then 1 end) as failures,
            count(case when status = 'pending' then 1 end) as pending,
            count(case when is_blocked then 1 end) as blocked,
            sum(case when status = 'succeeded' then amount_minor else 0 end) as succeeded_minor,
            min(case when status = 'failed' then attempted_at end) as first_failed_at,
            max(case when status = 'failed' then attempted_at end) as last_failed_at,
            min(
                case when status = 'failed' and is_never_retried then attempted_at end
            ) as first_never_retried_at,
            {{
                list_of(
                    {
                        "at": iso_utc("attempted_at"),
                        "charge": "attempt_id",
                        "status": "status",
                        "decline_code": "decline_code",
                        "decline_group": "decline_group",
                        "network_decline_code": "network_decline_code",
                        "advice_code": "advice_code",
                        "card_brand": "card_brand",
                        "card_last4": "card_last4",
                        "network_advice_code": "network_advice_code",
                        "card": dbt.hash("card_fingerprint"),
                        "payment_method": "payment_method_id",
                    }
                )
            }} as attempts
        from tries
        group by tenant_id, invoice_id
    ),

    -- Another invoice is its revision, or was paid and says that it replaces it.
    replaced as (
        select distinct unpaid.tenant_id, unpaid.invoice_id
        from unpaid
        inner join
            billed as others
            on unpaid.tenant_id = others.tenant_id
            and unpaid.customer_id = others.customer_id
            and unpaid.invoice_id <> others.invoice_id
        where
            (others.invoice_id = unpaid.latest_revision_id and others.status <> 'void')
            or (
                others.status = 'paid'
                and (
                    others.from_invoice_id = unpaid.invoice_id
                    or others.metadata like '%"' || unpaid.invoice_id || '"%'
                )
            )
    ),

    -- Invoices made by hand for the same amount later and paid, each nearest to one of the unpaid.
    made_by_hand as (
        select
            unpaid.tenant_id,
            unpaid.invoice_id,
            unpaid.subscription_id = others.subscription_id as is_same_subscription,
            row_number() over (
                partition by others.tenant_id, others.invoice_id
                order by unpaid.billed_at desc, unpaid.invoice_id desc
            ) as nearness
        from unpaid
        inner join
            billed as others
            on unpaid.tenant_id = others.tenant_id
            and unpaid.customer_id = others.customer_id
            and unpaid.currency = others.currency
            and unpaid.amount_remaining_minor = others.total_minor
            and unpaid.billed_at < others.billed_at
        where others.status = 'paid' and others.billing_reason = 'manual'
    ),

    stood_for as (
        select
            tenant_id,
            invoice_id,
            max(case when is_same_subscription and nearness = 1 then 1 else 0 end)
            = 1 as is_same_subscription
        from made_by_hand
        group by tenant_id, invoice_id
    )

select
    billed.tenant_id,
    billed.invoice_id,
    billed.customer_id,
    billed.subscription_id,
    billed.number,
    billed.status,
    billed.collection_method,
    billed.billing_reason,
    billed.currency,
    billed.total_minor,
    billed.amount_due_minor,
    billed.amount_paid_minor,
    billed.amount_remaining_minor,
    billed.refunded_minor,
    billed.credited_minor,
    billed.billed_at,
    billed.due_at,
    billed.paid_at,
    billed.voided_at,
    billed.version_at,
    billed.next_payment_attempt_at,
    billed.attempt_count,
    billed.is_attempted,
    billed.is_paid_out_of_band,
    billed.is_deleted,
    billed.is_stand_in,
    billed.hosted_invoice_url,
    billed.is_test_clock
    or coalesce(subscriptions.is_test_clock, false)
    or coalesce(customers.is_test_clock, false) as is_test_clock,
    billed.has_open_dispute,
    billed.has_payment_processing
    or coalesce(collections.pending, 0) > 0
    or coalesce(collections.succeeded_minor, 0)
    >= billed.amount_due_minor as has_payment_processing,
    coalesce(collections.failures, 0) as failures,
    coalesce(
        collections.tries > 0 and collections.tries = collections.blocked, false
    ) as is_every_try_blocked,
    collections.first_failed_at,
    collections.last_failed_at,
    collections.first_never_retried_at,
    collections.attempts,
    last_failures.decline_code,
    last_failures.decline_group,
    coalesce(last_failures.is_never_retried, false) as is_never_retried,
    coalesce(
        subscriptions.default_payment_method_id,
        customers.default_payment_method_id,
        last_failures.payment_method_id
    ) as payment_method_id,
    coalesce(
        subscriptions.default_payment_method_id,
        customers.default_payment_method_id,
        last_failures.payment_method_id
    )
    = last_failures.payment_method_id as is_method_unchanged,
    customers.default_payment_method_id as customer_payment_method_id,
    customers.country as customer_country,
    customers_who_paid.customer_id is not null as has_customer_paid,
    customers.customer_id is not null as is_customer_known,
    coalesce(customers.is_deleted, false) as is_customer_deleted,
    billed.subscription_id is null
    or subscriptions.subscription_id is not null as is_subscription_known,
    subscriptions.status as subscription_status,
    subscriptions.ended_at as subscription_ended_at,
    subscriptions.pause_behavior,
    replaced.invoice_id is not null as is_replaced,
    stood_for.invoice_id is not null as has_similar_paid,
    coalesce(stood_for.is_same_subscription, false) as has_similar_paid_of_subscription
from billed
left join
    collections
    on billed.tenant_id = collections.tenant_id
    and billed.invoice_id = collections.invoice_id
left join
    last_failures
    on billed.tenant_id = last_failures.tenant_id
    and billed.invoice_id = last_failures.invoice_id
left join
    {{ ref("customers") }} as customers
    on billed.tenant_id = customers.tenant_id
    and billed.customer_id = customers.customer_id
left join
    {{ ref("stg_stripe__subscriptions") }} as subscriptions
    on billed.tenant_id = subscriptions.tenant_id
    and billed.subscription_id = subscriptions.subscription_id
    and not subscriptions.is_deleted
left join
    customers_who_paid
    on billed.tenant_id = customers_who_paid.tenant_id
    and billed.customer_id = customers_who_paid.customer_id
left join
    replaced on billed.tenant_id = replaced.tenant_id and billed.invoice_id = replaced.invoice_id
left join
    stood_for on billed.tenant_id = stood_for.tenant_id and billed.invoice_id = stood_for.invoice_id
where
    billed.status in ('open', 'uncollectible')
    or collections.failures > 0
    or billed.is_deleted
    or coalesce(billed.paid_at, billed.voided_at, billed.version_at)
    > coalesce(billed.due_at, {{ dbt.dateadd("hour", 1, "billed.billed_at") }})
