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

    {% if is_incremental() %}
        ,
        remembered as (
            -- A table of before this column has none until the end of the run.
            {% set has_first_alert_at = "first_alert_at" in (
                adapter.get_columns_in_relation(this) | map(attribute="name") | list
            ) %}
            select
                * {{ "" if has_first_alert_at else ", cast(null as timestamp) as first_alert_at" }}
            from {{ this }}
        )
    {% endif %}

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
        findings.definition_version,
        least(
            remembered.first_alert_at,
            case when {{ is_alert("findings.confidence") }} then findings.as_of end
        ) as first_alert_at
    {% else %}
        findings.as_of as first_seen_at,
        findings.as_of as last_seen_at,
        findings.definition_version,
        case when {{ is_alert("findings.confidence") }} then findings.as_of end as first_alert_at
    {% endif %}
from findings
{% if is_incremental() %}
    left join
        remembered
        on findings.tenant_id = remembered.tenant_id
        and findings.finding_id = remembered.finding_id
{% endif %}
