with
    totals as (
        select
            tenant_id, leak_type, currency, count(*) as alerts, sum(counted_minor) as amount_minor
        from {{ ref("triage") }}
        where is_alert
        group by tenant_id, leak_type, currency
    ),

    last_days as (
        select tenant_id, leak_type, currency, alerts, amount_minor
        from {{ ref("recoverable_daily") }}
        where day = cast({{ as_of() }} as date) and alerts > 0
    )

select coalesce(totals.leak_type, last_days.leak_type) as leak_type, totals.currency
from totals
full outer join
    last_days
    on totals.tenant_id = last_days.tenant_id
    and totals.leak_type = last_days.leak_type
    and totals.currency = last_days.currency
where
    coalesce(totals.amount_minor, -1) <> coalesce(last_days.amount_minor, -1)
    or coalesce(totals.alerts, -1) <> coalesce(last_days.alerts, -1)
