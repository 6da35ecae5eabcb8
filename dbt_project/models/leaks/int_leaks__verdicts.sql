{{ config(materialized="view") }}

-- What every leak type says, leaks and innocents; one line per leak type.
select *
from {{ ref("leaks__unpaid_invoice") }}
