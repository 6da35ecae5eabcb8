with
    deciding as (
        select
            *,
            min(rule_rank) over (partition by tenant_id, account_key) as first_rank,
            min(case when is_deleted then 1 else 0 end) over (
                partition by tenant_id, account_key, rule_rank
            ) as is_every_one_deleted
        from {{ ref("int_product__account_candidates") }}
    ),

    decided as (
        select
            tenant_id,
            account_key,
            min(rule) as rule,
            min(rule_rank) as rule_rank,
            count(distinct customer_id) as candidates,
            min(customer_id) as customer_id
        from deciding
        where
            rule_rank = first_rank and is_every_one_deleted = case when is_deleted then 1 else 0 end
        group by tenant_id, account_key
    ),

    accounts as (
        select distinct tenant_id, account_key from {{ ref("int_product__account_users") }}
    )

select
    accounts.tenant_id,
    accounts.account_key,
    case when decided.candidates = 1 then decided.customer_id end as customer_id,
    case when decided.candidates = 1 then decided.rule end as matched_by,
    case when decided.candidates = 1 then decided.rule_rank end as rule_rank,
    coalesce(decided.candidates, 0) as candidates
from accounts
left join
    decided on accounts.tenant_id = decided.tenant_id and accounts.account_key = decided.account_key
