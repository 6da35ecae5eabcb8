{{ config(materialized="table") }}

select
    tenant_id,
    finding_id,
    leak_type,
    family,
    object_type,
    object_id,
    customer_id,
    currency,
    amount_minor,
    recurring_minor,
    confidence,
    recovery_probability,
    first_detectable_at,
    root_cause,
    evidence,
    definition_version,
    as_of
from {{ ref("int_leaks__verdicts") }}
where is_leak
