{{ config(unique_key="meter_event_summary_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "meter": "VARCHAR",
    "customer": "VARCHAR",
    "start_time": "BIGINT",
    "end_time": "BIGINT",
    "aggregated_value": "DECIMAL(38,6)",
} %}

with
    versions as {{ newest_versions("meter_event_summary", "meter_event_summary_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as meter_event_summary_id,
    o.meter as meter_id,
    o.customer as customer_id,
    o.aggregated_value,
    {{ at("o.start_time") }} as started_at,
    {{ at("o.end_time") }} as ended_at,
    {{ version_columns() }}
from parsed
where {{ existed("o.start_time") }}
