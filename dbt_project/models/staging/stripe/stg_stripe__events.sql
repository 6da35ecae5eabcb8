{{ config(materialized="view") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "type": "VARCHAR",
    "account": "VARCHAR",
    "data": {
        "object": {"id": "VARCHAR", "object": "VARCHAR"},
        "previous_attributes": "VARCHAR",
    },
    "request": {"id": "VARCHAR"},
} %}

with
    versions as {{ newest_versions("event", "event_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as event_id,
    o.type,
    o.data.object.object as object_type,
    o.data.object.id as object_id,
    o.data.previous_attributes,
    o.request.id as request_id,
    o.account as account_id,
    {{ at("o.created") }} as created_at,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
