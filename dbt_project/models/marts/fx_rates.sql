{{ config(materialized="view") }}

select tenant_id, rate_date, currency, reporting_currency, rate, source
from {{ ref("int_billing__fx_rates") }}
