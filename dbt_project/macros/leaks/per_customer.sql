{#
  A detector is a function of one customer, built incrementally by customer. What ended must go, and an
  empty result deletes nothing, so a detector writes at least one row for every customer in scope:
  its verdicts, or one row that says there are none. This file owns that pattern:

      {{ config(**leak_type_config()) }}
      with
          in_scope as ({{ customers_in_scope() }}),
          ...
          judged as (select ... )
      {{ one_row_per_customer("failed_charges", "unpaid_invoice", "judged") }}

  In scope are the customers whose `scope` differs from the one that their rows were built with. It
  stands for all that a verdict depends on: the customer's objects and those of customers with the
  same card or e-mail, prices and coupons, policy, coverage, the definition and the day of as_of.
  So no watermark exists that a late, repeated or reordered batch could slip past. With `full_pass`
  (the default) every customer is in scope; customers that are gone stay in scope until written.
#}
{%- macro leak_type_config() -%}
    {%- do return(
        {
            "materialized": "incremental",
            "incremental_strategy": replace_customers_strategy(),
            "unique_key": ["tenant_id", "customer_key"],
            "partition_by": ["customer_bucket"] if replaces_whole_buckets() else none,
            "on_schema_change": "append_new_columns",
        }
    ) -%}
{%- endmacro -%}

{%- macro customers_in_scope() -%}
    {%- set states -%}
        select
            tenant_id,
            customer_key,
            customer_id,
            policy_version,
            md5(
                state
                || '|{{ definition_hash() }}|'
                || cast(cast({{ as_of() }} as date) as varchar)
            ) as scope
        from {{ ref("int_leaks__customer_states") }}
    {%- endset -%}
    {%- if not is_incremental() -%}
        select *, {{ customer_bucket("customer_key") }} as customer_bucket
        from ({{ states }}) as states
    {%- else -%}
        select customers.*
        from
            (
                select
                    coalesce(states.tenant_id, built.tenant_id) as tenant_id,
                    coalesce(states.customer_key, built.customer_key) as customer_key,
                    states.customer_id,
                    states.policy_version,
                    states.scope,
                    coalesce(states.scope, '') <> coalesce(built.scope, '') as is_touched,
                    {{ customer_bucket("coalesce(states.customer_key, built.customer_key)") }}
                    as customer_bucket
                from ({{ states }}) as states
                full outer join
                    (select distinct tenant_id, customer_key, scope from {{ this }}) as built
                    on states.tenant_id = built.tenant_id
                    and states.customer_key = built.customer_key
            ) as customers
        where {{ is_full_pass() }} or {{ is_in_rewritten_part() }}
    {%- endif -%}
{%- endmacro -%}

{# var full_pass: true (default) looks at every customer, false only at those in scope. #}
{%- macro is_full_pass() -%}
    {{ "true" if var("full_pass", true) | string | lower == "true" else "false" }}
{%- endmacro -%}

{# The detector's last lines: its verdicts, or one empty row, for each customer in scope. #}
{%- macro one_row_per_customer(family, leak_type, judged) -%}
    select
        in_scope.tenant_id,
        in_scope.customer_key,
        in_scope.customer_bucket,
        in_scope.scope,
        coalesce(judged.is_leak, false) as is_leak,
        judged.verdict,
        judged.is_final,
        judged.resolved_at,
        case
            when judged.object_id is not null
            then
                md5(
                    in_scope.tenant_id
                    || '|{{ leak_type }}|'
                    || judged.object_type
                    || '|'
                    || judged.object_id
                    || '|'
                    || judged.occurrence
                )
        end as finding_id,
        '{{ leak_type }}' as leak_type,
        '{{ family }}' as family,
        judged.object_type,
        judged.object_id,
        in_scope.customer_id,
        judged.currency,
        cast(judged.amount_minor as bigint) as amount_minor,
        cast(judged.recurring_minor as bigint) as recurring_minor,
        cast(judged.confidence as double) as confidence,
        cast(judged.recovery_probability as double) as recovery_probability,
        judged.first_detectable_at,
        judged.root_cause,
        judged.money_unit,
        judged.evidence,
        md5(
            '{{ definition_hash() }}|' || coalesce(in_scope.policy_version, '')
        ) as definition_version,
        {{ as_of() }} as as_of
    from in_scope
    left join
        {{ judged }} as judged
        on in_scope.tenant_id = judged.tenant_id
        and in_scope.customer_key = judged.customer_key
{%- endmacro -%}

{# One key per customer; objects without a customer share one. #}
{%- macro customer_key(customer_id) -%} coalesce({{ customer_id }}, '') {%- endmacro -%}

{# Confidence from which a finding is an alert; below it, it is a review and in no total. #}
{%- macro is_alert(confidence="confidence") -%} {{ confidence }} >= 0.5 {%- endmacro -%}

{# A stand-in is undone to as_of when it is read, so it is another one at each as_of. #}
{%- macro seen_as(is_stand_in) -%}
    case when {{ is_stand_in }} then {{ as_of() }} end
{%- endmacro -%}
