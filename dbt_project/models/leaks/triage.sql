{{ config(materialized="table") }}

with
    findings as (
        select *, {{ is_alert("confidence") }} as is_alert from {{ ref("leak_findings") }}
    ),

    -- Each unit of money counts once: for the alert whose leak type comes first in leak_precedence.
    claims as (
        select
            lines.tenant_id,
            lines.finding_id,
            lines.amount_minor,
            row_number() over (
                partition by lines.tenant_id, lines.money_unit, lines.currency
                order by
                    coalesce(precedence.rank, 1000),
                    findings.confidence desc,
                    findings.first_detectable_at,
                    findings.finding_id
            ) as place
        from {{ ref("finding_lines") }} as lines
        inner join
            findings
            on lines.tenant_id = findings.tenant_id
            and lines.finding_id = findings.finding_id
        left join
            {{ ref("leak_precedence") }} as precedence on findings.leak_type = precedence.leak_type
        where findings.is_alert
    ),

    counted as (
        select tenant_id, finding_id, sum(amount_minor) as counted_minor
        from claims
        where place = 1
        group by tenant_id, finding_id
    ),

    valued as (
        select
            findings.*,
            coalesce(counted.counted_minor, 0) as counted_minor,
            policy.reporting_currency,
            rates.rate,
            {{ times("findings.amount_minor", "rates.rate") }} as amount_reporting_minor,
            {{ times("coalesce(counted.counted_minor, 0)", "rates.rate") }}
            as counted_reporting_minor,
            cast(
                round(
                    cast(findings.amount_minor as decimal(18, 0))
                    * cast(findings.recovery_probability as decimal(5, 4))
                    * cast(findings.confidence as decimal(5, 4)),
                    0
                ) as bigint
            ) as expected_recovery_minor
        from findings
        left join
            counted
            on findings.tenant_id = counted.tenant_id
            and findings.finding_id = counted.finding_id
        left join {{ ref("policy") }} as policy on findings.tenant_id = policy.tenant_id
        left join
            {{ ref("int_leaks__reporting_rates") }} as rates
            on findings.tenant_id = rates.tenant_id
            and findings.currency = rates.currency
    )

select
    tenant_id,
    finding_id,
    leak_type,
    family,
    customer_id,
    currency,
    is_alert,
    amount_minor,
    cast(counted_minor as bigint) as counted_minor,
    recurring_minor,
    amount_reporting_minor,
    counted_reporting_minor,
    reporting_currency,
    expected_recovery_minor,
    cast(
        row_number() over (
            partition by tenant_id
            order by
                is_alert desc,
                {{ times("expected_recovery_minor", "rate") }} desc nulls last,
                first_detectable_at,
                finding_id
        ) as integer
    ) as priority,
    cast({{ dbt.datediff("first_detectable_at", "as_of", "day") }} as integer) as age_days
from valued
