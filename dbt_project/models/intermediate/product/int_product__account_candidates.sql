with
    accounts as (
        select distinct tenant_id, account_key, account_id
        from {{ ref("int_product__account_users") }}
    ),

    emails as (
        select distinct
            users.tenant_id,
            users.account_key,
            users.user_email,
            {{ email_domain("users.user_email") }} as email_domain
        from {{ ref("int_product__account_users") }} as users
        where users.user_email is not null
    ),

    domains as (
        select distinct tenant_id, account_key, email_domain
        from emails
        where email_domain is not null
    ),

    customers as (select * from {{ ref("int_product__customer_keys") }}),

    found as (
        select accounts.tenant_id, accounts.account_key, customers.customer_id, 'stripe_id' as rule
        from accounts
        inner join
            customers
            on accounts.tenant_id = customers.tenant_id
            and accounts.account_id = customers.customer_id
        union all
        select accounts.tenant_id, accounts.account_key, customers.customer_id, 'metadata' as rule
        from accounts
        inner join
            customers
            on accounts.tenant_id = customers.tenant_id
            and accounts.account_id = customers.linked_account_id
        union all
        select accounts.tenant_id, accounts.account_key, customers.customer_id, 'mapping' as rule
        from accounts
        inner join
            {{ ref("stg_product__account_links") }} as links
            on accounts.tenant_id = links.tenant_id
            and accounts.account_key = links.account_id
        inner join
            customers
            on links.tenant_id = customers.tenant_id
            and links.customer_id = customers.customer_id
        union all
        select distinct emails.tenant_id, emails.account_key, customers.customer_id, 'email' as rule
        from emails
        inner join
            customers
            on emails.tenant_id = customers.tenant_id
            and emails.user_email = customers.email
        union all
        select domains.tenant_id, domains.account_key, customers.customer_id, 'domain' as rule
        from domains
        inner join
            customers
            on domains.tenant_id = customers.tenant_id
            and domains.email_domain = customers.company_domain
    )

-- Where a rule stands in the policy's list is its rank; what is not listed does not count.
select
    found.tenant_id,
    found.account_key,
    found.customer_id,
    customers.is_deleted,
    found.rule,
    {{ dbt.position("',' || found.rule || ','", "',' || rules.identity || ','") }} as rule_rank
from found
inner join
    customers on found.tenant_id = customers.tenant_id and found.customer_id = customers.customer_id
inner join {{ ref("stg_product__rules") }} as rules on found.tenant_id = rules.tenant_id
where {{ names("rules.identity", "found.rule") }}
