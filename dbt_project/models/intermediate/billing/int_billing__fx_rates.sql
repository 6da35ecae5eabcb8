{#
  Minor units of the reporting currency for one minor unit of another, by day.

  The rate that Stripe used comes first; where Stripe settled in a third currency, that currency's
  newest rate carries it on. Only a currency without any such rate gets the dated seed.
#}
with
    policy as (select tenant_id, reporting_currency from {{ source("operations", "policy") }}),

    -- One rate a day for each pair of currencies: the last that Stripe used.
    used as (
        select
            charges.tenant_id,
            cast(transactions.created_at as date) as rate_date,
            charges.currency,
            transactions.currency as settled_in,
            cast(transactions.exchange_rate as decimal(24, 12)) as units,
            row_number() over (
                partition by
                    charges.tenant_id,
                    cast(transactions.created_at as date),
                    charges.currency,
                    transactions.currency
                order by transactions.created_at desc, transactions.balance_transaction_id
            ) as position
        from {{ ref("stg_stripe__balance_transactions") }} as transactions
        inner join
            {{ ref("stg_stripe__charges") }} as charges
            on transactions.source_id = charges.charge_id
        where
            transactions.exchange_rate > 0
            and charges.currency <> transactions.currency
            and transactions.type in ('charge', 'payment')
    ),

    -- Units (not minor units) of `into_currency` for one of `currency`; a rate serves both ways.
    pairs as (
        select tenant_id, rate_date, currency, settled_in as into_currency, units
        from used
        where position = 1
        union all
        select tenant_id, rate_date, settled_in, currency, cast(1 / units as decimal(24, 12))
        from used
        where position = 1
    ),

    direct as (
        select pairs.tenant_id, pairs.rate_date, pairs.currency, pairs.units
        from pairs
        inner join
            policy
            on pairs.tenant_id = policy.tenant_id
            and pairs.into_currency = policy.reporting_currency
    ),

    -- The seed quotes against the euro; what is fixed, to the euro or the dollar, holds on all
    -- later days.
    days as (
        select rate_date, units_per_base as dollars_per_euro
        from {{ ref("fx_reference_rates") }}
        where base_currency = 'eur' and currency = 'usd'
    ),

    per_euro as (
        select rate_date, currency, units_per_base as units
        from {{ ref("fx_reference_rates") }}
        where not is_fixed
        union all
        select
            days.rate_date,
            fixed.currency,
            cast(
                fixed.units_per_base * case
                    when fixed.base_currency = 'usd' then days.dollars_per_euro else 1
                end as decimal(24, 12)
            ) as units
        from days
        inner join
            {{ ref("fx_reference_rates") }} as fixed
            on fixed.is_fixed
            and fixed.rate_date <= days.rate_date
        union all
        select rate_date, 'eur' as currency, cast(1 as decimal(24, 12)) as units
        from days
    ),

    seeded as (
        select
            policy.tenant_id,
            per_euro.rate_date,
            per_euro.currency,
            cast(reporting.units / per_euro.units as decimal(24, 12)) as units
        from per_euro
        cross join policy
        inner join
            per_euro as reporting
            on per_euro.rate_date = reporting.rate_date
            and reporting.currency = policy.reporting_currency
    ),

    without_direct as (
        select pairs.*
        from pairs
        left join
            (select distinct tenant_id, currency from direct) as known
            on pairs.tenant_id = known.tenant_id
            and pairs.currency = known.currency
        inner join policy on pairs.tenant_id = policy.tenant_id
        where known.currency is null and pairs.currency <> policy.reporting_currency
    ),

    -- charge currency -> settlement currency -> reporting currency
    crossed as (
        select
            pairs.tenant_id,
            pairs.rate_date,
            pairs.currency,
            cast(pairs.units * onward.units as decimal(24, 12)) as units,
            row_number() over (
                partition by pairs.tenant_id, pairs.rate_date, pairs.currency
                order by onward.rate_date desc, onward.preference, pairs.into_currency
            ) as position
        from without_direct as pairs
        inner join
            (
                select tenant_id, rate_date, currency, units, 1 as preference
                from direct
                union all
                select tenant_id, rate_date, currency, units, 2 as preference
                from seeded
            ) as onward
            on pairs.tenant_id = onward.tenant_id
            and pairs.into_currency = onward.currency
            and onward.rate_date <= pairs.rate_date
    ),

    observed as (
        select tenant_id, rate_date, currency, units
        from direct
        union all
        select tenant_id, rate_date, currency, units
        from crossed
        where position = 1
    ),

    rates as (
        select tenant_id, rate_date, currency, units, 'balance_transaction' as source
        from observed
        union all
        select seeded.tenant_id, seeded.rate_date, seeded.currency, seeded.units, 'seed' as source
        from seeded
        left join
            observed
            on seeded.tenant_id = observed.tenant_id
            and seeded.currency = observed.currency
        where observed.currency is null
    )

select
    rates.tenant_id,
    rates.rate_date,
    rates.currency,
    policy.reporting_currency,
    cast(
        rates.units
        * {{ power_of_ten("reporting.exponent - exponents.exponent") }} as decimal(38, 12)
    ) as rate,
    rates.source
from rates
inner join policy on rates.tenant_id = policy.tenant_id
inner join {{ ref("currencies") }} as exponents on rates.currency = exponents.currency
inner join {{ ref("currencies") }} as reporting on policy.reporting_currency = reporting.currency
where rates.currency <> policy.reporting_currency
union all
select
    tenant_id,
    cast('1970-01-01' as date) as rate_date,
    reporting_currency as currency,
    reporting_currency,
    cast(1 as decimal(38, 12)) as rate,
    'identity' as source
from policy
