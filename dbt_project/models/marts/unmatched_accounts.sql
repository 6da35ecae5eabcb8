with
    unmatched as (
        select
            users.tenant_id,
            users.source,
            users.account_key as account,
            accounts.candidates,
            sum(users.events) as events,
            min(users.first_at) as first_seen_at,
            max(users.last_at) as last_seen_at
        from {{ ref("int_product__account_users") }} as users
        inner join
            {{ ref("int_product__account_customers") }} as accounts
            on users.tenant_id = accounts.tenant_id
            and users.account_key = accounts.account_key
        where accounts.customer_id is null
        group by users.tenant_id, users.source, users.account_key, accounts.candidates
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by tenant_id order by events desc, source, account
            ) as position
        from unmatched
    )

select
    tenant_id,
    source,
    account,
    case when candidates > 1 then 'several customers' else 'no customer' end as reason,
    cast(candidates as bigint) as candidates,
    cast(events as bigint) as "rows",
    first_seen_at,
    last_seen_at
from ranked
where position <= 1000
