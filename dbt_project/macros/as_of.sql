{# The moment this run speaks of, as a TIMESTAMP literal (UTC). No model calls the clock. #}
{%- macro as_of() -%}
    {%- set moment = var("as_of") -%}
    {%- if moment -%}
        cast(
            '{{ modules.re.sub("(Z|[+]00:00)$", "", moment | string) | replace("T", " ") }}'
            as timestamp
        )
    {%- elif execute -%}
        {{
            exceptions.raise_compiler_error(
                "No as_of: pass --vars '{as_of: 2026-10-01T00:00:00Z}'"
            )
        }}
    {%- else -%} cast(null as timestamp)
    {%- endif -%}
{%- endmacro -%}
