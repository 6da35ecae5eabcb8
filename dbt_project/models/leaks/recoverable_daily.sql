{{ config(materialized="table") }}

with
    last_day as (select cast({{ as_of() }} as date) as day),

    days as (
        select
            cast(
                {{
                    dbt.dateadd(
                        "day", "1 - cast(numbers.generated_number as integer)", "last_day.day"
                    )
                }} as date
            ) as day
        from ({{ dbt.generate_series(90) }}) as numbers
        cross join last_day
    ),

    alerts as (
        select findings.*, triage.counted_minor, triage.counted_reporting_minor
        from {{ ref("leak_findings") }} as findings
        inner join
            {{ ref("triage") }} as triage
            on findings.tenant_id = triage.tenant_id
            and findings.finding_id = triage.finding_id
        where triage.is_alert
    ),

    -- Its own times prove that it leaked, or a run of ours saw it as an alert and it was settled
    -- since.
    ended as (
        select
            verdicts.tenant_id,
            verdicts.finding_id,
            verdicts.leak_type,
            verdicts.currency,
            verdicts.money_unit,
            verdicts.amount_minor,
            coalesce(verdicts.first_detectable_at, remembered.first_alert_at) as began_at,
            verdicts.resolved_at as ended_at,
            row_number() over (
                partition by verdicts.tenant_id, verdicts.money_unit, verdicts.currency
                order by coalesce(precedence.rank, 1000), verdicts.finding_id
            ) as place
        from {{ ref("int_leaks__verdicts") }} as verdicts
        left join
            {{ ref("finding_history") }} as remembered
            on verdicts.tenant_id = remembered.tenant_id
            and verdicts.finding_id = remembered.finding_id
        left join
            {{ ref("leak_precedence") }} as precedence on verdicts.leak_type = precedence.leak_type
        where
            not verdicts.is_leak
            and verdicts.is_final
            and verdicts.resolved_at
            > coalesce(verdicts.first_detectable_at, remembered.first_alert_at)
            and (verdicts.first_detectable_at is not null or verdicts.verdict in ({{ deeds() }}))
    ),

    units_of_today as (
        select distinct lines.tenant_id, lines.money_unit, lines.currency
        from {{ ref("finding_lines") }} as lines
        inner join
            alerts on lines.tenant_id = alerts.tenant_id and lines.finding_id = alerts.finding_id
    ),

    -- Inclusive days at whose end the money could be recovered. Alerts of today last until today.
    spans as (
        select
            alerts.tenant_id,
            alerts.leak_type,
            alerts.currency,
            least(cast(alerts.first_detectable_at as date), last_day.day) as first_day,
            last_day.day as last_day,
            alerts.counted_minor as amount_minor,
            alerts.counted_reporting_minor as amount_reporting_minor
        from alerts
        cross join last_day
        union all
        select
            ended.tenant_id,
            ended.leak_type,
            ended.currency,
            cast(ended.began_at as date) as first_day,
            cast({{ dbt.dateadd("day", -1, "cast(ended.ended_at as date)") }} as date) as last_day,
            ended.amount_minor,
            {{ times("ended.amount_minor", "rates.rate") }} as amount_reporting_minor
        from ended
        left join
            {{ ref("int_leaks__reporting_rates") }} as rates
            on ended.tenant_id = rates.tenant_id
            and ended.currency = rates.currency
        left join
            units_of_today
            on ended.tenant_id = units_of_today.tenant_id
            and ended.money_unit = units_of_today.money_unit
            and ended.currency = units_of_today.currency
        where ended.place = 1 and units_of_today.money_unit is null
    ),

    kinds as (
        select distinct spans.tenant_id, spans.leak_type, spans.currency
        from spans
        where spans.last_day >= (select min(day) from days)
    )

select
    kinds.tenant_id,
    days.day,
    kinds.leak_type,
    kinds.currency,
    count(spans.first_day) as alerts,
    cast(coalesce(sum(spans.amount_minor), 0) as bigint) as amount_minor,
    cast(
        case
            when count(spans.amount_reporting_minor) = count(spans.first_day)
            then coalesce(sum(spans.amount_reporting_minor), 0)
        end as bigint
    ) as amount_reporting_minor
from kinds
cross join days
left join
    spans
    on kinds.tenant_id = spans.tenant_id
    and kinds.leak_type = spans.leak_type
    and kinds.currency = spans.currency
    and days.day between spans.first_day and spans.last_day
group by kinds.tenant_id, days.day, kinds.leak_type, kinds.currency
