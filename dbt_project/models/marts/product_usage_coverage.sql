with
    tenants as (select distinct tenant_id from {{ ref("data_coverage") }}),

    sources as (
        select tenant_id, 'login' as source
        from tenants
        union all
        select tenant_id, 'usage' as source
        from tenants
    ),

    matching as (
        select
            users.tenant_id,
            users.source,
            count(distinct users.account_key) as accounts,
            count(distinct users.user_key) as users,
            sum(
                case when accounts.customer_id is not null then users.events else 0 end
            ) as matched_rows,
            count(
                distinct case when accounts.customer_id is null then users.account_key end
            ) as unmatched_accounts,
            count(
                distinct case when accounts.candidates > 1 then users.account_key end
            ) as ambiguous_accounts,
            count(distinct accounts.customer_id) as customers
        from {{ ref("int_product__account_users") }} as users
        inner join
            {{ ref("int_product__account_customers") }} as accounts
            on users.tenant_id = accounts.tenant_id
            and users.account_key = accounts.account_key
        group by users.tenant_id, users.source
    ),

    seen as (
        select
            users.tenant_id, users.source, count(distinct accounts.customer_id) as living_customers
        from {{ ref("int_product__account_users") }} as users
        inner join
            {{ ref("int_product__account_customers") }} as accounts
            on users.tenant_id = accounts.tenant_id
            and users.account_key = accounts.account_key
        inner join
            {{ ref("customers") }} as customers
            on accounts.tenant_id = customers.tenant_id
            and accounts.customer_id = customers.customer_id
        where not customers.is_deleted
        group by users.tenant_id, users.source
    ),

    living as (
        select tenant_id, count(*) as customers
        from {{ ref("customers") }}
        where not is_deleted
        group by tenant_id
    ),

    refused as (
        select tenant_id, kind as source, sum(quarantined_count) as quarantined_count
        from {{ source("product", "file_status") }}
        group by tenant_id, kind
    ),

    counted as (
        select
            sources.tenant_id,
            sources.source,
            coalesce(spans.events, 0) as events,
            coalesce(matching.accounts, 0) as accounts,
            coalesce(matching.users, 0) as users,
            coalesce(matching.matched_rows, 0) as matched_rows,
            coalesce(spans.events, 0) - coalesce(matching.matched_rows, 0) as unmatched_rows,
            coalesce(matching.unmatched_accounts, 0) as unmatched_accounts,
            coalesce(matching.ambiguous_accounts, 0) as ambiguous_accounts,
            coalesce(spans.events_without_zone, 0) as events_without_zone,
            spans.covered_from,
            spans.covered_to,
            spans.gap,
            coalesce(refused.quarantined_count, 0) as quarantined_count,
            coalesce(living.customers, 0)
            - coalesce(seen.living_customers, 0) as customers_without_activity,
            coalesce(rules.is_configured, false) as is_configured,
            rules.time_zone,
            rules.unmatched_warning_share
        from sources
        left join
            {{ ref("int_product__log_spans") }} as spans
            on sources.tenant_id = spans.tenant_id
            and sources.source = spans.source
        left join
            matching on sources.tenant_id = matching.tenant_id and sources.source = matching.source
        left join seen on sources.tenant_id = seen.tenant_id and sources.source = seen.source
        left join
            refused on sources.tenant_id = refused.tenant_id and sources.source = refused.source
        left join living on sources.tenant_id = living.tenant_id
        left join {{ ref("stg_product__rules") }} as rules on sources.tenant_id = rules.tenant_id
    )

select
    tenant_id,
    source,
    cast(events as bigint) as "rows",
    cast(accounts as bigint) as accounts,
    cast(users as bigint) as users,
    cast(matched_rows as bigint) as matched_rows,
    cast(unmatched_rows as bigint) as unmatched_rows,
    cast(unmatched_accounts as bigint) as unmatched_accounts,
    case when events > 0 then cast(matched_rows as double) / events end as matched_share,
    covered_from,
    covered_to,
    cast(quarantined_count as bigint) as quarantined_count,
    cast(customers_without_activity as bigint) as customers_without_activity,
    {{
        sentences(
            [
                "case when not is_configured then 'LEAKS_PRODUCT_USAGE names no log' when events = 0 then 'no row of this kind was read' end",
                "case when events > 0 and cast(unmatched_rows as double) / events > unmatched_warning_share then cast(round(100.0 * unmatched_rows / events, 1) as varchar) || ' % of the rows belong to no known customer; the policy warns above ' || cast(round(100.0 * unmatched_warning_share, 1) as varchar) || ' %' end",
                "case when ambiguous_accounts > 0 then cast(ambiguous_accounts as varchar) || ' accounts could be several customers and count as unmatched' end",
                "gap",
                "case when events_without_zone > 0 then cast(events_without_zone as varchar) || ' rows had a time without a zone, taken as ' || time_zone end",
            ]
        )
    }}
    as note
from counted
