{#
  One pass over a payload: a struct of exactly the fields in `shape`, missing ones null.
  `shape` maps a field to a type, to a nested shape, or to a list holding either.
  A field that is an id or, expanded, an object is read as VARCHAR; see id_of.
#}
{%- macro parse_json(payload, shape) -%}
    {{ adapter.dispatch("parse_json", "leaks")(payload, shape) }}
{%- endmacro -%}

{%- macro duckdb__parse_json(payload, shape) -%}
    from_json({{ payload }}, '{{ tojson(shape) }}')
{%- endmacro -%}

{# One text field of a small JSON text; null where it is missing. #}
{%- macro json_field(text, path) -%}
    {{ adapter.dispatch("json_field", "leaks")(text, path) }}
{%- endmacro -%}

{%- macro duckdb__json_field(text, path) -%}
    json_extract_string({{ text }}, '$.{{ path }}')
{%- endmacro -%}

{# The id in a field that is an id or, where the request expanded it, an object. #}
{%- macro id_of(field) -%}
    case when left({{ field }}, 1) = '{' then {{ json_field(field, "id") }} else {{ field }} end
{%- endmacro -%}

{# One row per element: `from <relation> {{ unnested("lines", "line") }}`, with `line` the element. #}
{%- macro unnested(list, element) -%}
    {{ adapter.dispatch("unnested", "leaks")(list, element) }}
{%- endmacro -%}

{%- macro duckdb__unnested(list, element) -%}
    cross join unnest({{ list }}) as unnested_{{ element }} ({{ element }})
{%- endmacro -%}

{# The first element of a list; null where there is none. #}
{%- macro first_of(list) -%} {{ adapter.dispatch("first_of", "leaks")(list) }} {%- endmacro -%}

{%- macro duckdb__first_of(list) -%} list_extract({{ list }}, 1) {%- endmacro -%}

{# The sum of one number over a list of structs; null where there is no list. #}
{%- macro sum_of(list, field) -%}
    {{ adapter.dispatch("sum_of", "leaks")(list, field) }}
{%- endmacro -%}

{%- macro duckdb__sum_of(list, field) -%}
    cast(list_sum(list_transform({{ list }}, lambda element:element.{{ field }})) as bigint)
{%- endmacro -%}

{# The least or greatest of one number over a list of structs. #}
{%- macro min_of(list, field) -%}
    {{ adapter.dispatch("min_of", "leaks")(list, field) }}
{%- endmacro -%}

{%- macro duckdb__min_of(list, field) -%}
    list_min(list_transform({{ list }}, lambda element:element.{{ field }}))
{%- endmacro -%}

{%- macro max_of(list, field) -%}
    {{ adapter.dispatch("max_of", "leaks")(list, field) }}
{%- endmacro -%}

{%- macro duckdb__max_of(list, field) -%}
    list_max(list_transform({{ list }}, lambda element:element.{{ field }}))
{%- endmacro -%}

{# One row per element with its place in the list, from 1: `list[position]` is the element. #}
{%- macro positions(list) -%} {{ adapter.dispatch("positions", "leaks")(list) }} {%- endmacro -%}

{%- macro duckdb__positions(list) -%}
    cross join unnest(range(1, len({{ list }}) + 1)) as places(position)
{%- endmacro -%}

{# Like json_field, with a path that SQL makes, e.g. `currency || '.unit_amount'`. #}
{%- macro json_field_at(text, path) -%}
    {{ adapter.dispatch("json_field_at", "leaks")(text, path) }}
{%- endmacro -%}

{%- macro duckdb__json_field_at(text, path) -%}
    json_extract_string({{ text }}, '$.' || {{ path }})
{%- endmacro -%}

{# The names of the fields of a JSON object, as a list. #}
{%- macro json_names(text) -%} {{ adapter.dispatch("json_names", "leaks")(text) }} {%- endmacro -%}

{%- macro duckdb__json_names(text) -%} json_keys({{ text }}) {%- endmacro -%}

{# Whether a list holds a value; null where there is no list. #}
{%- macro contains(list, value) -%}
    {{ adapter.dispatch("contains", "leaks")(list, value) }}
{%- endmacro -%}

{%- macro duckdb__contains(list, value) -%} list_contains({{ list }}, {{ value }}) {%- endmacro -%}

{# The length of a list; null where there is none. #}
{%- macro length_of(list) -%} {{ adapter.dispatch("length_of", "leaks")(list) }} {%- endmacro -%}

{%- macro duckdb__length_of(list) -%} len({{ list }}) {%- endmacro -%}
