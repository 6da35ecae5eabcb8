{{ config(unique_key="subscription_schedule_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "customer": "VARCHAR",
    "subscription": "VARCHAR",
    "released_subscription": "VARCHAR",
    "status": "VARCHAR",
    "end_behavior": "VARCHAR",
    "canceled_at": "BIGINT",
    "completed_at": "BIGINT",
    "released_at": "BIGINT",
    "current_phase": {"start_date": "BIGINT", "end_date": "BIGINT"},
    "phases": [
        {
            "start_date": "BIGINT",
            "end_date": "BIGINT",
            "trial_end": "BIGINT",
            "items": [{"price": "VARCHAR", "quantity": "BIGINT"}],
        }
    ],
    "test_clock": "VARCHAR",
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("subscription_schedule", "subscription_schedule_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as subscription_schedule_id,
    {{ id_of("o.customer") }} as customer_id,
    {{ id_of("coalesce(o.subscription, o.released_subscription)") }} as subscription_id,
    o.status,
    o.end_behavior,
    {{ at("o.current_phase.start_date") }} as current_phase_start_at,
    {{ at("o.current_phase.end_date") }} as current_phase_end_at,
    o.phases,
    o.test_clock is not null as is_test_clock,
    {{ at("o.created") }} as created_at,
    {{ happened_at("o.canceled_at") }} as canceled_at,
    {{ happened_at("o.completed_at") }} as completed_at,
    {{ happened_at("o.released_at") }} as released_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
