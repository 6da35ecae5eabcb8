{# Verdicts that somebody's deed brought about, at a known time; any other may be our own change of mind. #}
{%- macro deeds() -%} 'paid', 'paid_out_of_band', 'refunded', 'credited', 'voided' {%- endmacro -%}
