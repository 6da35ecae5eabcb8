{{ config(**leak_type_config()) }}

with
    in_scope as ({{ customers_in_scope() }}),

    exempt as (
        select tenant_id, object_type, object_id, max(reason) as reason
        from {{ ref("int_leaks__exemptions") }}
        where leak_type in ('*', 'unpaid_invoice')
        group by tenant_id, object_type, object_id
    ),

    -- Nothing is judged while the leak type is off. Stripe carries retries out up to hours late.
    invoices as (
        select
            invoices.*,
            in_scope.customer_key,
            policy.minimum_amount_minor,
            policy.retry_window_days,
            leak_types.unread_reason,
            coalesce(exempt_customers.reason, exempt_subscriptions.reason) as exempt_reason,
            invoices.collection_method = 'send_invoice' as is_sent,
            {{ dbt.dateadd("day", 1, "invoices.next_payment_attempt_at") }} as retry_given_up_at,
            invoices.is_never_retried and invoices.is_method_unchanged as is_retry_in_vain,
            {{ dbt.dateadd("day", "policy.overdue_grace_days", "invoices.due_at") }}
            as grace_ends_at,
            {{ dbt.dateadd("day", "policy.retry_window_days", "invoices.first_failed_at") }}
            as retry_window_ends_at,
            case
                when invoices.status = 'paid'
                then invoices.paid_at
                when invoices.status = 'void'
                then invoices.voided_at
            end as settled_at,
            {{
                dbt.datediff(
                    "coalesce(invoices.first_failed_at, invoices.due_at, invoices.billed_at)",
                    as_of(),
                    "day",
                )
            }} as age_days,
            case
                when invoices.status = 'uncollectible'
                then 'written_off'
                when invoices.collection_method = 'send_invoice' and invoices.failures = 0
                then 'invoiced'
                else coalesce(invoices.decline_group, 'unknown')
            end as recovery_group
        from {{ ref("int_leaks__invoice_collection") }} as invoices
        inner join
            in_scope
            on invoices.tenant_id = in_scope.tenant_id
            and {{ customer_key("invoices.customer_id") }} = in_scope.customer_key
        inner join {{ ref("policy") }} as policy on invoices.tenant_id = policy.tenant_id
        inner join
            {{ ref("leak_types") }} as leak_types
            on invoices.tenant_id = leak_types.tenant_id
            and leak_types.leak_type = 'unpaid_invoice'
            and leak_types.is_on
        left join
            exempt as exempt_customers
            on invoices.tenant_id = exempt_customers.tenant_id
            and invoices.customer_id = exempt_customers.object_id
            and exempt_customers.object_type = 'customer'
        left join
            exempt as exempt_subscriptions
            on invoices.tenant_id = exempt_subscriptions.tenant_id
            and invoices.subscription_id = exempt_subscriptions.object_id
            and exempt_subscriptions.object_type = 'subscription'
    ),

    -- The first line that holds decides; the seed leak_verdicts says what each verdict means.
    verdicts as (
        select
            *,
            case
                when is_deleted
                then 'deleted'
                when is_test_clock
                then 'test_clock'
                when status = 'void'
                then 'voided'
                when credited_minor >= total_minor
                then 'credited'
                when has_open_dispute
                then 'disputed'
                when status = 'paid' and refunded_minor >= amount_paid_minor and refunded_minor > 0
                then 'refunded'
                when status = 'paid' and is_paid_out_of_band
                then 'paid_out_of_band'
                when status = 'paid'
                then 'paid'
                when amount_remaining_minor <= 0
                then 'credited'
                when exempt_reason is not null
                then 'exempt_by_policy'
                when amount_remaining_minor < minimum_amount_minor
                then 'below_minimum'
                when
                    billing_reason = 'subscription_create'
                    and (
                        subscription_status in ('incomplete', 'incomplete_expired')
                        or (
                            subscription_status = 'canceled'
                            and not is_sent
                            and not has_customer_paid
                        )
                    )
                then 'never_started'
                when is_every_try_blocked and not has_customer_paid
                then 'blocked_card_test'
                when is_replaced or has_similar_paid_of_subscription
                then 'reissued'
                when has_payment_processing
                then 'payment_processing'
                when
                    status = 'uncollectible'
                    and failures = 0
                    and pause_behavior = 'mark_uncollectible'
                then 'collection_paused'
                when is_sent and due_at >= {{ as_of() }}
                then 'not_due'
                when
                    not is_sent
                    and not is_attempted
                    and failures = 0
                    and (
                        retry_given_up_at >= {{ as_of() }}
                        or billed_at > {{ dbt.dateadd("hour", -1, as_of()) }}
                    )
                then 'not_due'
                when unread_reason is not null
                then 'cannot_be_judged'
                when not is_customer_known or not is_subscription_known
                then 'cannot_be_judged'
                when is_customer_deleted
                then 'customer_deleted'
                when has_similar_paid
                then 'similar_invoice_paid'
                when pause_behavior is not null
                then 'collection_on_hold'
                when status = 'uncollectible' and failures = 0
                then 'written_off_untried'
                when status = 'uncollectible'
                then 'written_off'
                when next_payment_attempt_at > last_failed_at and is_retry_in_vain
                then 'phantom_retry'
                when next_payment_attempt_at > last_failed_at and subscription_status = 'canceled'
                then 'stopped_by_cancellation'
                when retry_given_up_at >= {{ as_of() }}
                then 'in_retry_window'
                when is_sent and due_at is null
                then 'no_due_date'
                when is_sent and grace_ends_at >= {{ as_of() }}
                then 'in_grace'
                when is_sent
                then 'overdue'
                when failures = 0 and not is_attempted
                then 'never_tried'
                when failures = 0
                then 'no_charge_made'
                when
                    is_stand_in
                    and first_failed_at > {{ dbt.dateadd("day", "-retry_window_days", as_of()) }}
                then 'retries_unknown'
                when is_stand_in
                then 'unpaid_in_first_reading'
                when next_payment_attempt_at > last_failed_at
                then 'retry_missed'
                else 'retries_used_up'
            end as verdict,
            -- Since when a settled one had leaked. Inside the retry window a retry may have been
            -- it;
            -- beyond it none was: a retry that was due would be the last failure.
            case
                when
                    is_test_clock
                    or exempt_reason is not null
                    or amount_due_minor < minimum_amount_minor
                    or (is_every_try_blocked and not has_customer_paid)
                then null
                when is_sent
                then grace_ends_at
                when settled_at >= retry_window_ends_at
                then last_failed_at
                when billing_reason = 'subscription_create'
                then null
                when is_never_retried
                then first_never_retried_at
                when subscription_ended_at < settled_at
                then greatest(last_failed_at, subscription_ended_at)
            end as leaked_from_at
        from invoices
    ),

    judged as (
        select
            verdicts.tenant_id,
            verdicts.customer_key,
            meanings.is_leak,
            verdicts.verdict,
            meanings.is_final,
            case
                when verdicts.status = 'paid'
                then verdicts.paid_at
                when verdicts.status = 'void'
                then verdicts.voided_at
                else verdicts.version_at
            end as resolved_at,
            'invoice' as object_type,
            verdicts.invoice_id as object_id,
            'once' as occurrence,
            verdicts.currency,
            case
                when verdicts.status in ('open', 'uncollectible')
                then verdicts.amount_remaining_minor
                when verdicts.verdict = 'paid'
                then verdicts.amount_paid_minor
                else verdicts.amount_due_minor
            end as amount_minor,
            0 as recurring_minor,
            case when meanings.is_leak then meanings.confidence end as confidence,
            coalesce(probabilities.probability, 0) as recovery_probability,
            case
                when not meanings.is_leak
                then
                    case
                        when verdicts.leaked_from_at < verdicts.settled_at
                        then verdicts.leaked_from_at
                    end
                when verdicts.verdict = 'overdue'
                then verdicts.grace_ends_at
                when verdicts.verdict = 'stopped_by_cancellation'
                then greatest(verdicts.last_failed_at, verdicts.subscription_ended_at)
                when verdicts.verdict = 'retry_missed'
                then verdicts.retry_given_up_at
                when verdicts.is_retry_in_vain and meanings.confidence >= 0.5
                then verdicts.first_never_retried_at
                when meanings.confidence >= 0.5
                then coalesce(verdicts.last_failed_at, verdicts.billed_at)
                else coalesce(verdicts.first_failed_at, verdicts.due_at, verdicts.billed_at)
            end as first_detectable_at,
            'invoice:' || verdicts.invoice_id as root_cause,
            'invoice:' || verdicts.invoice_id as money_unit,
            {{
                json_of(
                    {
                        "invoice": "verdicts.invoice_id",
                        "number": "verdicts.number",
                        "status": "verdicts.status",
                        "amount_remaining_minor": "verdicts.amount_remaining_minor",
                        "currency": "verdicts.currency",
                        "collection_method": "verdicts.collection_method",
                        "billing_reason": "verdicts.billing_reason",
                        "billed_at": iso_utc("verdicts.billed_at"),
                        "due_at": iso_utc("verdicts.due_at"),
                        "days_open": dbt.datediff("verdicts.billed_at", as_of(), "day"),
                        "attempt_count": "verdicts.attempt_count",
                        "attempts": "verdicts.attempts",
                        "decline_code": "verdicts.decline_code",
                        "decline_group": "verdicts.decline_group",
                        "next_payment_attempt_at": iso_utc("verdicts.next_payment_attempt_at"),
                        "payment_method": "verdicts.payment_method_id",
                        "is_payment_method_unchanged": "verdicts.is_method_unchanged",
                        "customer_payment_method": "verdicts.customer_payment_method_id",
                        "customer_country": "verdicts.customer_country",
                        "subscription": "verdicts.subscription_id",
                        "subscription_status": "verdicts.subscription_status",
                        "hosted_invoice_url": "verdicts.hosted_invoice_url",
                        "verdict": "verdicts.verdict",
                        "reasons": texts(
                            [
                                "meanings.sentence",
                                "verdicts.exempt_reason",
                                "case when verdicts.verdict = 'cannot_be_judged' then verdicts.unread_reason end",
                                "case when verdicts.is_stand_in then 'Stripe was first read later than this day; later changes are left out.' end",
                            ]
                        ),
                        "wrong_if": "nullif(meanings.wrong_if, '-')",
                    }
                )
            }}
            as evidence
        from verdicts
        left join
            {{ ref("leak_verdicts") }} as meanings
            on meanings.leak_type = 'unpaid_invoice'
            and verdicts.verdict = meanings.verdict
        left join
            {{ ref("recovery_probability") }} as probabilities
            on verdicts.recovery_group = probabilities.decline_group
            and verdicts.age_days >= probabilities.age_from_days
            and verdicts.age_days < probabilities.age_below_days
    )

    {{ one_row_per_customer("failed_charges", "unpaid_invoice", "judged") }}
