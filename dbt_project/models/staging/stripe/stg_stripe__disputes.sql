{{ config(unique_key="dispute_id") }}
{% set shape = {
    "deleted": "BOOLEAN",
    "created": "BIGINT",
    "charge": "VARCHAR",
    "payment_intent": "VARCHAR",
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "is_charge_refundable": "BOOLEAN",
    "evidence_details": {
        "due_by": "BIGINT",
        "has_evidence": "BOOLEAN",
        "submission_count": "BIGINT",
    },
    "metadata": "VARCHAR",
} %}

with
    versions as {{ newest_versions("dispute", "dispute_id") }},

    parsed as (select *, {{ parse_json("payload", shape) }} as o from versions)

select
    tenant_id,
    id as dispute_id,
    {{ id_of("o.charge") }} as charge_id,
    {{ id_of("o.payment_intent") }} as payment_intent_id,
    o.amount as amount_minor,
    o.currency,
    o.status,
    o.reason,
    -- A warning has taken no money; won and prevented disputes have given it back or never took it.
    o.status in ('needs_response', 'under_review') as is_open,
    coalesce(o.is_charge_refundable, false) as is_charge_refundable,
    {{ at("o.evidence_details.due_by") }} as evidence_due_at,
    coalesce(o.evidence_details.has_evidence, false) as has_evidence,
    {{ at("o.created") }} as created_at,
    o.metadata,
    {{ version_columns() }}
from parsed
where {{ existed("o.created") }}
