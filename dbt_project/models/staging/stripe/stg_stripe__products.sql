{{ config(unique_key="product_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "name": "VARCHAR",
    "active": "BOOLEAN",
    "default_price": "VARCHAR",
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("product", "product_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as product_id,
    o.name,
    coalesce(o.active, false) as is_active,
    {{ id_of("o.default_price") }} as default_price_id,
    {{ at("o.created") }} as created_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
