{{ config(materialized="table") }}

-- An export without a file of disputes has none; a refused permission hides them.
with
    unreadable as (
        select tenant_id, resource, coalesce(reason, resource || ' is switched off') as reason
        from {{ ref("data_coverage") }}
        where not is_on and (permission is not null or resource <> 'dispute')
        union all
        select tenant_id, 'product_usage' as resource, 'no log of the product was read' as reason
        from {{ ref("product_usage_coverage") }}
        group by tenant_id
        having sum("rows") = 0
    ),

    tenants as (select distinct tenant_id from {{ ref("data_coverage") }}),

    declared as (
        {% for type in leak_types_of_project() %}
            {{ "union all" if not loop.first }}
            select
                '{{ type.leak_type }}' as leak_type,
                '{{ type.family }}' as family,
                '{{ type.title }}' as title,
                '{{ type.requires | join(",") }}' as requires,
                '{{ type.also_reads | join(",") }}' as also_reads
        {% else %}
            select
                cast(null as varchar) as leak_type,
                cast(null as varchar) as family,
                cast(null as varchar) as title,
                cast(null as varchar) as requires,
                cast(null as varchar) as also_reads
            where false
        {% endfor %}
    )

select
    tenants.tenant_id,
    declared.leak_type,
    declared.family,
    declared.title,
    declared.requires,
    declared.also_reads,
    coalesce(max(precedence.rank), 1000) as precedence,
    max(case when {{ names("declared.requires", "unreadable.resource") }} then 1 else 0 end)
    = 0 as is_on,
    max(
        case when {{ names("declared.requires", "unreadable.resource") }} then unreadable.reason end
    ) as reason,
    max(
        case
            when {{ names("declared.also_reads", "unreadable.resource") }} then unreadable.reason
        end
    ) as unread_reason
from tenants
cross join declared
left join unreadable on tenants.tenant_id = unreadable.tenant_id
left join {{ ref("leak_precedence") }} as precedence on declared.leak_type = precedence.leak_type
group by
    tenants.tenant_id,
    declared.leak_type,
    declared.family,
    declared.title,
    declared.requires,
    declared.also_reads
