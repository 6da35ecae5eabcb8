{# Those of the texts that are not null, joined by semicolons; null where all are. #}
{%- macro sentences(texts) -%}
    nullif(
        substr(
            {% for text in texts %}
                coalesce('; ' || ({{ text }}), '') {{ "||" if not loop.last }}
            {% endfor %},
            3
        ),
        ''
    )
{%- endmacro -%}
