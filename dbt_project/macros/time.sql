{# Unix seconds as TIMESTAMP (UTC); null stays null. #}
{%- macro at(seconds) -%} {{ adapter.dispatch("at", "leaks")(seconds) }} {%- endmacro -%}

{%- macro default__at(seconds) -%}
    {{ dbt.dateadd("second", seconds, "cast('1970-01-01' as timestamp)") }}
{%- endmacro -%}

{%- macro duckdb__at(seconds) -%} make_timestamp({{ seconds }} * 1000000) {%- endmacro -%}

{#
  When something happened, unless the row is a stand-in and it happened after as_of.
  Needs the columns of newest_versions in scope.
#}
{%- macro happened_at(seconds) -%}
    case when is_stand_in and {{ at(seconds) }} > {{ as_of() }} then null else {{ at(seconds) }} end
{%- endmacro -%}
