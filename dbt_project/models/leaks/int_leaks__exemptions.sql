{{ config(materialized="view") }}

-- Objects that a tenant's policy exempts, by the metadata they carry.
with
    rules as (select * from {{ source("operations", "policy_exemptions") }}),

    objects as (
        select tenant_id, 'customer' as object_type, customer_id as object_id, metadata
        from {{ ref("customers") }}
        where metadata is not null
        union all
        select tenant_id, 'subscription' as object_type, subscription_id as object_id, metadata
        from {{ ref("stg_stripe__subscriptions") }}
        where metadata is not null and not is_deleted
    )

select
    objects.tenant_id,
    rules.leak_type,
    objects.object_type,
    objects.object_id,
    max(rules.reason) as reason
from objects
inner join rules on objects.tenant_id = rules.tenant_id and objects.object_type = rules.object_type
where
    coalesce({{ metadata_value("objects.metadata", "rules.metadata_key") }}, '') <> ''
    and (
        rules.metadata_value is null
        or {{ metadata_value("objects.metadata", "rules.metadata_key") }} = rules.metadata_value
    )
group by objects.tenant_id, rules.leak_type, objects.object_type, objects.object_id
