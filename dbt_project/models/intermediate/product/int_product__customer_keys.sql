with
    bare_deletions as (
        select tenant_id, customer_id
        from {{ ref("stg_stripe__customers") }}
        where is_deleted and email is null
    ),

    -- Stripe's answer to a deletion holds the id alone.
    earlier as (
        select
            tenant_id,
            customer_id,
            o.email,
            o.metadata,
            row_number() over (
                partition by customer_id order by version_at desc, payload_hash
            ) as age
        from
            (
                select
                    versions.tenant_id,
                    versions.id as customer_id,
                    versions.version_at,
                    versions.payload_hash,
                    {{
                        parse_json(
                            "versions.payload",
                            {"deleted": "BOOLEAN", "email": "VARCHAR", "metadata": "VARCHAR"},
                        )
                    }} as o
                from {{ source("stripe", "customer") }} as versions
                inner join bare_deletions on versions.id = bare_deletions.customer_id
                where versions.version_at <= {{ as_of() }}
            ) as parsed
        where not coalesce(o.deleted, false) or o.email is not null
    ),

    customers as (
        select
            customers.tenant_id,
            customers.customer_id,
            customers.is_deleted,
            lower(trim(coalesce(customers.email, earlier.email))) as email,
            coalesce(earlier.metadata, customers.metadata) as metadata
        from {{ ref("stg_stripe__customers") }} as customers
        left join earlier on customers.customer_id = earlier.customer_id and earlier.age = 1
    ),

    known as (
        select
            customers.tenant_id,
            customers.customer_id,
            customers.is_deleted,
            customers.email,
            {{ metadata_value("customers.metadata", "rules.metadata_key") }} as linked_account_id,
            {{ email_domain("customers.email") }} as email_domain
        from customers
        left join {{ ref("stg_product__rules") }} as rules on customers.tenant_id = rules.tenant_id
    )

select
    known.tenant_id,
    known.customer_id,
    known.is_deleted,
    known.email,
    nullif(trim(known.linked_account_id), '') as linked_account_id,
    case when free_mail_domains.domain is null then known.email_domain end as company_domain
from known
left join
    {{ ref("free_mail_domains") }} as free_mail_domains
    on known.email_domain = free_mail_domains.domain
