{{ config(materialized="view") }}

select distinct tenant_id, account_id, customer_id
from {{ source("product", "account_link") }}
