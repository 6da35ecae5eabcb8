{{ config(unique_key="meter_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "updated": "BIGINT",
    "display_name": "VARCHAR",
    "event_name": "VARCHAR",
    "status": "VARCHAR",
    "default_aggregation": {"formula": "VARCHAR"},
    "customer_mapping": {"event_payload_key": "VARCHAR"},
} %}

with
    versions as {{ newest_versions("meter", "meter_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as meter_id,
    o.display_name,
    o.event_name,
    o.status,
    o.default_aggregation.formula as aggregation,
    o.customer_mapping.event_payload_key as customer_key,
    {{ at("o.created") }} as created_at,
    {{ at("o.updated") }} as updated_at,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
