{{ config(materialized="view") }}

-- One rate for each currency, whatever day its money is of: sums move with leaks, not with exchange
-- rates.
with
    rates as (
        select
            fx_rates.tenant_id,
            fx_rates.currency,
            fx_rates.reporting_currency,
            fx_rates.rate,
            row_number() over (
                partition by fx_rates.tenant_id, fx_rates.currency
                order by fx_rates.rate_date desc, case fx_rates.source when 'seed' then 1 else 0 end
            ) as newest_first
        from {{ ref("int_billing__fx_rates") }} as fx_rates
        inner join
            {{ ref("policy") }} as policy
            on fx_rates.tenant_id = policy.tenant_id
            and fx_rates.reporting_currency = policy.reporting_currency
        where fx_rates.rate_date <= cast({{ as_of() }} as date)
    )

select tenant_id, currency, reporting_currency, rate
from rates
where newest_first = 1
