{{ config(**touched_customers_config()) }}

-- Every charge with the invoice that it pays, if any, and why it failed, if it did.
with
    charges as (
        select *
        from {{ ref("stg_stripe__charges") }}
        where not is_deleted and {{ is_of_touched_customer("customer_id") }}
    ),

    links as (
        select charge_id, invoice_id, 1 as preference
        from charges
        where invoice_id is not null
        union all
        select charges.charge_id, intents.invoice_id, 2 as preference
        from charges
        inner join
            {{ ref("int_billing__invoice_payment_intents") }} as intents
            on charges.payment_intent_id = intents.payment_intent_id
        union all
        select charges.charge_id, intents.invoice_id, 3 as preference
        from charges
        inner join
            {{ ref("int_billing__invoice_payment_intents") }} as intents
            on charges.charge_id = intents.charge_id
    ),

    preferred as (
        select
            charge_id,
            invoice_id,
            row_number() over (partition by charge_id order by preference, invoice_id) as choice
        from links
    ),

    failures as (
        select
            charges.charge_id,
            coalesce(charges.outcome_reason, charges.failure_code) as decline_code,
            networks.decline_group as network_group,
            network_advice.decline_group as network_advice_group,
            advice.decline_group as advice_group,
            codes.decline_group as code_group,
            coalesce(codes.is_stripe_retry_blocked, false) as is_stripe_retry_blocked
        from charges
        left join
            {{ ref("network_decline_codes") }} as networks
            on charges.card_network = networks.network
            and charges.network_decline_code = networks.network_decline_code
        left join
            {{ ref("advice_codes") }} as network_advice
            on charges.card_network = network_advice.issued_by
            and charges.network_advice_code = network_advice.code
        left join
            {{ ref("advice_codes") }} as advice
            on advice.issued_by = 'stripe'
            and charges.advice_code = advice.code
        left join
            {{ ref("decline_codes") }} as codes
            on coalesce(charges.outcome_reason, charges.failure_code) = codes.decline_code
        where charges.status = 'failed'
    ),

    -- Any source that says never wins; else the network knows better than the advice made from it,
    -- and both better than the decline code, which may be a generic one that hides them.
    grouped as (
        select
            *,
            case
                when
                    'never' in (
                        coalesce(network_group, ''),
                        coalesce(network_advice_group, ''),
                        coalesce(advice_group, ''),
                        coalesce(code_group, '')
                    )
                then 'never'
                else
                    coalesce(
                        network_group, network_advice_group, advice_group, code_group, 'unknown'
                    )
            end as decline_group
        from failures
    )

select
    charges.tenant_id,
    charges.charge_id,
    preferred.invoice_id,
    charges.customer_id,
    charges.payment_intent_id,
    charges.balance_transaction_id,
    charges.created_at,
    charges.status,
    charges.amount_minor,
    charges.amount_refunded_minor,
    charges.currency,
    charges.is_disputed,
    charges.failure_code,
    grouped.decline_code,
    charges.network_decline_code,
    charges.advice_code,
    charges.network_advice_code,
    charges.outcome_type,
    charges.risk_level,
    coalesce(charges.outcome_type = 'blocked', false) as is_blocked,
    charges.payment_method_id,
    charges.payment_method_type,
    charges.card_fingerprint,
    charges.card_brand,
    charges.card_last4,
    charges.card_exp_year,
    charges.card_exp_month,
    grouped.decline_group,
    coalesce(grouped.is_stripe_retry_blocked, false) as is_stripe_retry_blocked,
    charges.is_stand_in
from charges
left join preferred on charges.charge_id = preferred.charge_id and preferred.choice = 1
left join grouped on charges.charge_id = grouped.charge_id
