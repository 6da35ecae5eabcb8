{{ config(materialized="view") }}

select
    tenant_id,
    subscription_id,
    subscription_item_id,
    customer_id,
    price_id,
    product_id,
    currency,
    quantity,
    list_monthly_minor,
    net_monthly_minor,
    is_metered,
    billing_interval,
    interval_count
from {{ ref("int_billing__subscription_item_value") }}
