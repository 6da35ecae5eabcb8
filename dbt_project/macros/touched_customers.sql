{#
  Billing tables by customer: of each run only the touched customers are built again, those for whom
  anything differs from what the tables were built from (int_billing__customer_states). No watermark,
  so late, repeated and reordered versions need no rule. A customer's rows are deleted first, since
  what is gone inserts nothing; so are rows of customers that are no more.

      {{ config(**touched_customers_config()) }}
      select ... from ... where {{ is_of_touched_customer("customer_id") }}
#}
{%- macro touched_customers_config() -%}
    {%- do return(
        {
            "materialized": "incremental",
            "incremental_strategy": "append",
            "on_schema_change": "append_new_columns",
            "pre_hook": "{{ forget_touched_customers() }}",
        }
    ) -%}
{%- endmacro -%}

{%- macro forget_touched_customers() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where
            not exists (
                select 1
                from {{ ref("int_billing__customer_states") }} as states
                where
                    not states.is_touched
                    and states.tenant_id = {{ this.identifier }}.tenant_id
                    and states.customer_key = {{ customer_key(this.identifier ~ ".customer_id") }}
            )
    {%- endif -%}
{%- endmacro -%}

{%- macro is_of_touched_customer(customer_id) -%}
    {%- set states = ref("int_billing__customer_states") -%}
    {%- if is_incremental() -%}
        {{ customer_key(customer_id) }} in (select customer_key from {{ states }} where is_touched)
    {%- else -%} true
    {%- endif -%}
{%- endmacro -%}

{#
  Post-hook of the states: those touched are built from no known state until the run has ended, or a run
  that fails half-way and a customer that changes back would leave half of it as it was between.
#}
{%- macro forget_built_states() -%}
    {%- set built = states_built_from() -%}
    {%- if built -%}
        delete from {{ built }}
        where
            exists (
                select 1
                from {{ this }} as states
                where
                    states.is_touched
                    and states.tenant_id = {{ built.identifier }}.tenant_id
                    and states.customer_key = {{ built.identifier }}.customer_key
            )
    {%- endif -%}
{%- endmacro -%}

{# Where the states of the last whole run are, if there was one: they are written after what reads this. #}
{%- macro states_built_from() -%}
    {%- if execute and not should_full_refresh() -%}
        {%- do return(
            adapter.get_relation(this.database, this.schema, "int_billing__built_states")
        ) -%}
    {%- endif -%}
{%- endmacro -%}
