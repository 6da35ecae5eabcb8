with
    logs as (
        select
            tenant_id,
            source,
            sum(events) as events,
            sum(events_without_zone) as events_without_zone,
            min(first_at) as covered_from,
            max(last_at) as covered_to
        from {{ ref("int_product__account_users") }}
        group by tenant_id, source
    )

select
    logs.*,
    case
        when
            logs.covered_to
            < {{ dbt.dateadd("day", "-coalesce(rules.stale_after_days, 3)", as_of()) }}
        then 'the ' || logs.source || ' log ends at ' || {{ iso_utc("logs.covered_to") }}
        when {{ is_within_days("logs.covered_from", 60) }}
        then
            'the '
            || logs.source
            || ' log begins at '
            || {{ iso_utc("logs.covered_from") }}
            || ', less than 60 days ago'
    end as gap
from logs
left join {{ ref("stg_product__rules") }} as rules on logs.tenant_id = rules.tenant_id
