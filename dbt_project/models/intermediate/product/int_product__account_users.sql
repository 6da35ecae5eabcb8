-- The one pass over the logs: what comes later reads this.
{% for source, relation in {
    "login": ref("stg_product__logins"),
    "usage": ref("stg_product__usage_events"),
}.items() %}
    {{ "union all" if not loop.first }}
    select
        tenant_id,
        '{{ source }}' as source,
        account_id,
        user_email,
        user_id,
        coalesce(account_id, user_email) as account_key,
        coalesce(user_id, user_email, account_id) as user_key,
        count(*) as events,
        count(*) filter (where {{ is_within_days("occurred_at", 30) }}) as events_30d,
        count(*) filter (where {{ is_within_days("occurred_at", 60) }}) as events_60d,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        count(*) filter (where is_zone_assumed) as events_without_zone
    from {{ relation }}
    group by tenant_id, account_id, user_email, user_id
{% endfor %}
