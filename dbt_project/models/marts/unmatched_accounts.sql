with
    unmatched as (
        select
            identities.tenant_id,
            identities.source,
            identities.account_key as account,
            accounts.candidates,
            sum(identities.events) as events,
            min(identities.first_at) as first_seen_at,
            max(identities.last_at) as last_seen_at
        from {{ ref("int_product__identities") }} as identities
        inner join
            {{ ref("int_product__account_customers") }} as accounts
            on identities.tenant_id = accounts.tenant_id
            and identities.account_key = accounts.account_key
        where accounts.customer_id is null
        group by
            identities.tenant_id, identities.source, identities.account_key, accounts.candidates
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
