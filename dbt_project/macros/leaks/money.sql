{# Minor units at a rate (1 minor unit -> minor units of the other currency), rounded once, exactly. #}
{%- macro times(minor, rate) -%} cast(round({{ minor }} * {{ rate }}, 0) as bigint) {%- endmacro -%}
