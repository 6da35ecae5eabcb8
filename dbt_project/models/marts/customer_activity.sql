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

    activity as (
        select
            matched.tenant_id,
            matched.customer_id,
            min(users.first_at) as first_active_at,
            max(users.last_at) as last_active_at,
            max(case when users.source = 'login' then users.last_at end) as last_login_at,
            max(case when users.source = 'usage' then users.last_at end) as last_usage_at,
            sum(case when users.source = 'login' then users.events_30d else 0 end) as logins_30d,
            sum(case when users.source = 'login' then users.events_60d else 0 end) as logins_60d,
            count(
                distinct case
                    when users.source = 'login' and users.events_30d > 0 then users.user_key
                end
            ) as active_users_30d
        from {{ ref("int_product__account_users") }} as users
        inner join
            matched
            on users.tenant_id = matched.tenant_id
            and users.account_key = matched.account_key
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
            activity.last_active_at,
            activity.last_login_at,
            activity.last_usage_at,
            activity.first_active_at,
            cast(coalesce(activity.active_users_30d, 0) as bigint) as active_users_30d,
            cast(coalesce(activity.logins_30d, 0) as bigint) as logins_30d,
            cast(coalesce(activity.logins_60d, 0) as bigint) as logins_60d,
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
            activity
            on customers.tenant_id = activity.tenant_id
            and customers.customer_id = activity.customer_id
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
