{{ config(materialized="table") }}

-- A finding on one unit of money has one line; a leak type with more units adds its own lines here.
select tenant_id, finding_id, money_unit, amount_minor, currency
from {{ ref("int_leaks__verdicts") }}
where is_leak
