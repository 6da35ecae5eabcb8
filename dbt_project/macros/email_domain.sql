{# The part of an address behind its last @, in lower case; null where there is none. #}
{%- macro email_domain(email) -%}
    nullif(lower({{ dbt.split_part(email, "'@'", 2) }}), '')
{%- endmacro -%}
