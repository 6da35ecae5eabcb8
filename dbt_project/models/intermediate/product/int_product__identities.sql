{% for source, relation in {
    "login": ref("stg_product__logins"),
    "usage": ref("stg_product__usage_events"),
}.items() %}
    {{ "union all" if not loop.first }}
    select
        tenant_id,
        '{{ source }}' as source,
        account_key,
        account_id,
        user_email,
        count(*) as events,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        sum(case when is_zone_assumed then 1 else 0 end) as events_without_zone
    from {{ relation }}
    group by tenant_id, account_key, account_id, user_email
{% endfor %}
