{#
  Whether a moment lies in the last days before as_of. The window leaves out its first moment: what
  happened exactly 60 days ago is followed by 60 whole days without anything.
#}
{%- macro is_within_days(moment, days) -%}
    {{ moment }} > {{ dbt.dateadd("day", -days, as_of()) }}
{%- endmacro -%}
