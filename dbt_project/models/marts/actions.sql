{{ config(materialized="table") }}

select
    actions.tenant_id,
    actions.action_id,
    actions.leak_id,
    leaks.leak_type,
    actions.kind,
    actions.moves_money,
    actions.currency,
    actions.amount_minor,
    actions.status,
    actions.denied_because,
    coalesce(actions.denied_because in ('not_a_leak', 'wrong_amount'), false) as is_false_alarm,
    actions.created_at,
    actions.dispatched_at,
    actions.ended_at,
    actions.outcome,
    actions.collected_minor,
    actions.collected_at,
    actions.charge_id
from {{ source("operations", "action_records") }} as actions
left join
    {{ ref("leaks") }} as leaks
    on actions.tenant_id = leaks.tenant_id
    and actions.leak_id = leaks.leak_id
