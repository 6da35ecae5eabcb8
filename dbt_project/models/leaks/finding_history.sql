{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key=["tenant_id", "finding_id"],
        on_schema_change="append_new_columns",
        full_refresh=false,
    )
}}

-- The memory of every finding there ever was: nothing deletes a row, not even a full refresh.
with
    findings as (select * from {{ ref("leak_findings") }})

    {% if is_incremental() %}, remembered as (select * from {{ this }}) {% endif %}

select
    findings.tenant_id,
    findings.finding_id,
    findings.leak_type,
    findings.object_type,
    findings.object_id,
    findings.customer_id,
    findings.currency,
    findings.amount_minor,
    {{ is_alert("findings.confidence") }} as is_alert,
    {% if is_incremental() %}
        least(remembered.first_seen_at, findings.as_of) as first_seen_at,
        greatest(remembered.last_seen_at, findings.as_of) as last_seen_at,
    {% else %} findings.as_of as first_seen_at, findings.as_of as last_seen_at,
    {% endif %}
    findings.definition_version
from findings
{% if is_incremental() %}
    left join
        remembered
        on findings.tenant_id = remembered.tenant_id
        and findings.finding_id = remembered.finding_id
{% endif %}
