{{ config(unique_key="credit_note_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "customer": "VARCHAR",
    "invoice": "VARCHAR",
    "number": "VARCHAR",
    "status": "VARCHAR",
    "type": "VARCHAR",
    "reason": "VARCHAR",
    "currency": "VARCHAR",
    "amount": "BIGINT",
    "total": "BIGINT",
    "pre_payment_amount": "BIGINT",
    "post_payment_amount": "BIGINT",
    "out_of_band_amount": "BIGINT",
    "voided_at": "BIGINT",
    "customer_balance_transaction": "VARCHAR",
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("credit_note", "credit_note_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as credit_note_id,
    {{ id_of("o.customer") }} as customer_id,
    {{ id_of("o.invoice") }} as invoice_id,
    o.number,
    case
        when o.voided_at is not null and {{ happened_at("o.voided_at") }} is null
        then 'issued'
        else o.status
    end as status,
    o.type,
    o.reason,
    o.currency,
    o.amount as amount_minor,
    o.total as total_minor,
    -- Until acacia a note was wholly of one type.
    coalesce(
        o.pre_payment_amount, case when o.type = 'pre_payment' then o.amount else 0 end
    ) as pre_payment_minor,
    coalesce(
        o.post_payment_amount, case when o.type = 'post_payment' then o.amount else 0 end
    ) as post_payment_minor,
    coalesce(o.out_of_band_amount, 0) as out_of_band_minor,
    {{ id_of("o.customer_balance_transaction") }} as customer_balance_transaction_id,
    {{ at("o.created") }} as created_at,
    {{ happened_at("o.voided_at") }} as voided_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
