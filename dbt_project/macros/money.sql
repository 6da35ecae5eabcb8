{#
  numerator / denominator as BIGINT, halves to even, both integers and neither negative.
  Exact: no division ever makes a DOUBLE of money.
#}
{%- macro half_even(numerator, denominator) -%}
    {%- set quotient = integer_quotient(numerator, denominator) -%}
    {%- set rest = "((" ~ numerator ~ ") % (" ~ denominator ~ "))" -%}
    cast(
        {{ quotient }} + case
            when 2 * {{ rest }} > ({{ denominator }})
            then 1
            when 2 * {{ rest }} = ({{ denominator }})
            then {{ quotient }} % 2
            else 0
        end as bigint
    )
{%- endmacro -%}

{%- macro integer_quotient(numerator, denominator) -%}
    {{ adapter.dispatch("integer_quotient", "leaks")(numerator, denominator) }}
{%- endmacro -%}

{%- macro duckdb__integer_quotient(numerator, denominator) -%}
    {# `divide` is the operator //, which sqlfmt takes for a comment. #}
    divide({{ numerator }}, {{ denominator }})
{%- endmacro -%}

{# A DECIMAL amount of minor units as BIGINT, halves to even. #}
{%- macro rounded(amount) -%}
    cast(
        floor({{ amount }}) + case
            when ({{ amount }}) - floor({{ amount }}) > 0.5
            then 1
            when ({{ amount }}) - floor({{ amount }}) = 0.5
            then abs(floor({{ amount }}) % 2)
            else 0
        end as bigint
    )
{%- endmacro -%}

{#
  The one place that turns the price of a period into the price of a month, in minor units:
  a year is 12 months, a week 12/52 and a day 12/365 of one (domain choice, see DECISIONS.md).
#}
{%- macro per_month(amount_minor, billing_interval, interval_count) -%}
    {{
        half_even(
            "cast("
            ~ amount_minor
            ~ " as hugeint) * case "
            ~ billing_interval
            ~ " when 'day' then 365 when 'week' then 52 when 'month' then 1 when 'year' then 1 end",
            "cast("
            ~ interval_count
            ~ " as hugeint) * case "
            ~ billing_interval
            ~ " when 'month' then 1 else 12 end",
        )
    }}
{%- endmacro -%}

{# 10 to the power of a small integer, also a negative one, exactly. #}
{%- macro power_of_ten(exponent) -%}
    case
        {{ exponent }}
        {% for n in range(-3, 4) %}
            when {{ n }}
            then
                cast(
                    {{ "1" ~ "0" * n if n >= 0 else "0." ~ "0" * (-n - 1) ~ "1" }} as decimal(10, 3)
                )
        {% endfor %}
    end
{%- endmacro -%}
