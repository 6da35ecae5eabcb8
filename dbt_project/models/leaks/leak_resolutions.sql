{{ config(materialized="table") }}

with
    verdicts as (select * from {{ ref("int_leaks__verdicts") }} where object_id is not null),

    -- What a person or a bank did, with a time; anything else may be our own change of mind.
    innocent as (
        select *, verdict in ({{ deeds() }}) as is_deed from verdicts where not is_leak and is_final
    ),

    remembered as (select * from {{ ref("finding_history") }}),

    -- A verdict of today; for what an older definition found, only deeds done since count.
    explained as (
        select
            innocent.tenant_id,
            innocent.leak_type,
            innocent.object_type,
            innocent.object_id,
            case
                when
                    remembered.definition_version <> innocent.definition_version
                    and innocent.verdict <> 'exempt_by_policy'
                    and not (innocent.is_deed and innocent.resolved_at > remembered.first_seen_at)
                then 'withdrawn_by_definition'
                else innocent.verdict
            end as resolution,
            meanings.ends_as,
            innocent.resolved_at,
            coalesce(remembered.amount_minor, innocent.amount_minor) as amount_minor,
            innocent.currency,
            innocent.definition_version
        from innocent
        left join
            remembered
            on innocent.tenant_id = remembered.tenant_id
            and innocent.finding_id = remembered.finding_id
        left join
            {{ ref("leak_verdicts") }} as meanings
            on innocent.leak_type = meanings.leak_type
            and innocent.verdict = meanings.verdict
    ),

    definitions as (
        select tenant_id, leak_type, max(definition_version) as definition_version
        from {{ ref("int_leaks__verdicts") }}
        group by tenant_id, leak_type
    ),

    -- Found once under another definition, and today's has no verdict on it at all.
    withdrawn as (
        select
            remembered.tenant_id,
            remembered.leak_type,
            remembered.object_type,
            remembered.object_id,
            'withdrawn_by_definition' as resolution,
            'withdrawn' as ends_as,
            cast(null as timestamp) as resolved_at,
            remembered.amount_minor,
            remembered.currency,
            definitions.definition_version
        from remembered
        inner join
            definitions
            on remembered.tenant_id = definitions.tenant_id
            and remembered.leak_type = definitions.leak_type
            and remembered.definition_version <> definitions.definition_version
        inner join
            {{ ref("leak_types") }} as leak_types
            on remembered.tenant_id = leak_types.tenant_id
            and remembered.leak_type = leak_types.leak_type
            and leak_types.is_on
        left join
            verdicts
            on remembered.tenant_id = verdicts.tenant_id
            and remembered.finding_id = verdicts.finding_id
        where verdicts.finding_id is null
    )

select
    tenant_id,
    leak_type,
    object_type,
    object_id,
    resolution,
    case when resolution = 'withdrawn_by_definition' then 'withdrawn' else ends_as end as ends_as,
    resolved_at,
    amount_minor,
    currency,
    definition_version,
    {{ as_of() }} as as_of
from
    (
        select *
        from explained
        union all
        select *
        from withdrawn
    ) as resolutions
