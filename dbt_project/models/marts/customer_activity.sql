with
    matched as (
        select tenant_id, account_key, customer_id, matched_by, rule_rank
        from {{ ref("int_product__account_customers") }}
        where customer_id is not null
    ),

    -- A customer may be known to the product without ever having done anything in it.
    linked as (
        select tenant_id, customer_id, matched_by, rule_rank
        from matched
        union all
        select
            links.tenant_id,
            links.customer_id,
            'mapping' as matched_by,
            {{ dbt.position("',mapping,'", "',' || rules.identity || ','") }} as rule_rank
        from {{ ref("stg_product__account_links") }} as links
        inner join {{ ref("stg_product__rules") }} as rules on links.tenant_id = rules.tenant_id
        where {{ names("rules.identity", "'mapping'") }}
        union all
        select
            customers.tenant_id,
            customers.customer_id,
            'metadata' as matched_by,
            {{ dbt.position("',metadata,'", "',' || rules.identity || ','") }} as rule_rank
        from {{ ref("int_product__customer_keys") }} as customers
        inner join {{ ref("stg_product__rules") }} as rules on customers.tenant_id = rules.tenant_id
        where
            customers.linked_account_id is not null and {{ names("rules.identity", "'metadata'") }}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by tenant_id, customer_id order by rule_rank, matched_by
            ) as position
        from linked
    ),

    logins as (
        select
            matched.tenant_id,
            matched.customer_id,
            sum(activity.logins_30d) as logins_30d,
            sum(activity.logins_60d) as logins_60d,
            min(activity.first_at) as first_at,
            max(activity.last_at) as last_at
        from {{ ref("int_product__login_activity") }} as activity
        inner join
            matched
            on activity.tenant_id = matched.tenant_id
            and activity.account_key = matched.account_key
        group by matched.tenant_id, matched.customer_id
    ),

    usage as (
        select
            matched.tenant_id,
            matched.customer_id,
            min(identities.first_at) as first_at,
            max(identities.last_at) as last_at
        from {{ ref("int_product__identities") }} as identities
        inner join
            matched
            on identities.tenant_id = matched.tenant_id
            and identities.account_key = matched.account_key
        where identities.source = 'usage'
        group by matched.tenant_id, matched.customer_id
    ),

    active_users as (
        select
            matched.tenant_id,
            matched.customer_id,
            count(distinct logins.user_key) as active_users_30d
        from {{ ref("stg_product__logins") }} as logins
        inner join
            matched
            on logins.tenant_id = matched.tenant_id
            and logins.account_key = matched.account_key
        where {{ is_within_days("logins.occurred_at", 30) }}
        group by matched.tenant_id, matched.customer_id
    ),

    -- What one log does not tell could have been activity, so each log that there is must cover.
    logs as (
        select tenant_id, count(*) as logs, min(gap) as gap
        from {{ ref("int_product__log_spans") }}
        group by tenant_id
    ),

    described as (
        select
            customers.tenant_id,
            customers.customer_id,
            ranked.customer_id is not null as has_match,
            ranked.matched_by,
            greatest(logins.last_at, usage.last_at) as last_active_at,
            logins.last_at as last_login_at,
            usage.last_at as last_usage_at,
            least(logins.first_at, usage.first_at) as first_active_at,
            cast(coalesce(active_users.active_users_30d, 0) as bigint) as active_users_30d,
            cast(coalesce(logins.logins_30d, 0) as bigint) as logins_30d,
            cast(coalesce(logins.logins_60d, 0) as bigint) as logins_60d,
            case
                when logs.logs is null
                then 'no log of the product was read: set LEAKS_PRODUCT_USAGE'
                when logs.gap is not null
                then logs.gap
                when ranked.customer_id is null
                then 'no account in the logs is known to be this customer'
            end as reason_not_judged
        from {{ ref("customers") }} as customers
        left join
            ranked
            on customers.tenant_id = ranked.tenant_id
            and customers.customer_id = ranked.customer_id
            and ranked.position = 1
        left join
            logins
            on customers.tenant_id = logins.tenant_id
            and customers.customer_id = logins.customer_id
        left join
            usage
            on customers.tenant_id = usage.tenant_id
            and customers.customer_id = usage.customer_id
        left join
            active_users
            on customers.tenant_id = active_users.tenant_id
            and customers.customer_id = active_users.customer_id
        left join logs on customers.tenant_id = logs.tenant_id
    )

select
    tenant_id,
    customer_id,
    has_match,
    matched_by,
    last_active_at,
    last_login_at,
    last_usage_at,
    first_active_at,
    active_users_30d,
    logins_30d,
    logins_60d,
    reason_not_judged is null as is_judged,
    reason_not_judged
from described
