{{ config(materialized="table") }}

-- One row per leak whose money came in, and by whom. What an action of ours collected is what its
-- charge brought; of others it is what was open last.
with
    collected as (
        select tenant_id, leak_id, sum(collected_minor) as collected_minor, max(collected_at) as at
        from {{ ref("actions") }}
        where collected_minor is not null
        group by tenant_id, leak_id
    )

select
    leaks.tenant_id,
    leaks.leak_id,
    leaks.leak_type,
    leaks.family,
    leaks.customer_id,
    case
        when collected.leak_id is not null
        then 'us'
        when leaks.resolution = 'paid_out_of_band'
        then 'elsewhere'
        else 'stripe'
    end as recovered_by,
    leaks.currency,
    cast(coalesce(collected.collected_minor, leaks.amount_minor) as bigint) as amount_minor,
    coalesce(collected.at, leaks.resolved_at) as recovered_at,
    leaks.opened_at
from {{ ref("leaks") }} as leaks
left join collected on leaks.tenant_id = collected.tenant_id and leaks.leak_id = collected.leak_id
where leaks.status in ('recovered', 'resolved_elsewhere') or collected.leak_id is not null
