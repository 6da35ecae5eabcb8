{# How an engine replaces the rows of some customers, and the few functions that engines spell differently. #}
{%- macro replace_customers_strategy() -%}
    {%- do return(adapter.dispatch("replace_customers_strategy", "leaks")()) -%}
{%- endmacro -%}

{%- macro default__replace_customers_strategy() -%}
    {%- do return("delete+insert") -%}
{%- endmacro -%}

{# Needs partitionOverwriteMode=dynamic: only the buckets that are written are replaced. #}
{%- macro spark__replace_customers_strategy() -%}
    {%- do return("insert_overwrite") -%}
{%- endmacro -%}

{# True where whole partitions are replaced, so that a touched customer brings its bucket along. #}
{%- macro replaces_whole_buckets() -%}
    {%- do return(replace_customers_strategy() == "insert_overwrite") -%}
{%- endmacro -%}

{%- macro is_in_rewritten_part() -%}
    {%- if replaces_whole_buckets() -%}
        max(case when is_touched then 1 else 0 end) over (partition by customer_bucket) = 1
    {%- else -%} is_touched
    {%- endif -%}
{%- endmacro -%}

{# One of 64 buckets, the same for a customer in every run. #}
{%- macro customer_bucket(customer_key) -%}
    {{ adapter.dispatch("customer_bucket", "leaks")(customer_key) }}
{%- endmacro -%}

{%- macro duckdb__customer_bucket(customer_key) -%}
    cast(md5_number_lower({{ customer_key }}) % 64 as integer)
{%- endmacro -%}

{%- macro spark__customer_bucket(customer_key) -%}
    cast(pmod(xxhash64({{ customer_key }}), 64) as int)
{%- endmacro -%}

{# A number that differs when any of the columns does; sums of it do not depend on order. #}
{%- macro row_digest(columns) -%}
    {{ adapter.dispatch("row_digest", "leaks")(columns) }}
{%- endmacro -%}

{%- macro duckdb__row_digest(columns) -%}
    cast(hash({{ columns | join(", ") }}) as hugeint)
{%- endmacro -%}

{%- macro spark__row_digest(columns) -%}
    cast(xxhash64({{ columns | join(", ") }}) as decimal(38, 0))
{%- endmacro -%}

{# JSON text of an object: `fields` maps names to expressions. #}
{%- macro json_of(fields) -%} {{ adapter.dispatch("json_of", "leaks")(fields) }} {%- endmacro -%}

{%- macro duckdb__json_of(fields) -%}
    cast(
        json_object(
            {%- for name, value in fields.items() %}
                '{{ name }}', {{ value }}{{ "," if not loop.last }}
            {%- endfor %}
        ) as varchar
    )
{%- endmacro -%}

{%- macro spark__json_of(fields) -%}
    to_json(
        named_struct(
            {%- for name, value in fields.items() %}
                '{{ name }}', {{ value }}{{ "," if not loop.last }}
            {%- endfor %}
        ),
        map('ignoreNullFields', 'false')
    )
{%- endmacro -%}

{# Aggregate: a list of structs in the order of their fields. #}
{%- macro list_of(fields) -%} {{ adapter.dispatch("list_of", "leaks")(fields) }} {%- endmacro -%}

{%- macro duckdb__list_of(fields) -%}
    list_sort(
        list(
            struct_pack(
                {%- for name, value in fields.items() %}
                    {{ name }} := {{ value }}{{ "," if not loop.last }}
                {%- endfor %}
            )
        )
    )
{%- endmacro -%}

{%- macro spark__list_of(fields) -%}
    sort_array(
        collect_list(
            named_struct(
                {%- for name, value in fields.items() %}
                    '{{ name }}', {{ value }}{{ "," if not loop.last }}
                {%- endfor %}
            )
        )
    )
{%- endmacro -%}

{# A list from expressions of one type, and the same without its nulls. #}
{%- macro texts(values) -%} {{ adapter.dispatch("texts", "leaks")(values) }} {%- endmacro -%}

{%- macro duckdb__texts(values) -%}
    list_filter([{{ values | join(", ") }}], lambda text:text is not null)
{%- endmacro -%}

{%- macro spark__texts(values) -%}
    filter(array({{ values | join(", ") }}), text -> text is not null)
{%- endmacro -%}

{# A TIMESTAMP as ISO text in UTC. #}
{%- macro iso_utc(moment) -%} {{ adapter.dispatch("iso_utc", "leaks")(moment) }} {%- endmacro -%}

{%- macro duckdb__iso_utc(moment) -%} strftime({{ moment }}, '%Y-%m-%dT%H:%M:%SZ') {%- endmacro -%}

{%- macro spark__iso_utc(moment) -%}
    date_format({{ moment }}, "yyyy-MM-dd'T'HH:mm:ss'Z'")
{%- endmacro -%}

{# The value of a metadata key that is itself a column; null where it is missing. #}
{%- macro metadata_value(metadata, key) -%}
    {{ adapter.dispatch("metadata_value", "leaks")(metadata, key) }}
{%- endmacro -%}

{# A JSON pointer: keys may hold dots and quotes; ~ and / are escaped. #}
{%- macro duckdb__metadata_value(metadata, key) -%}
    json_extract_string({{ metadata }}, '/' || replace(replace({{ key }}, '~', '~0'), '/', '~1'))
{%- endmacro -%}

{%- macro spark__metadata_value(metadata, key) -%}
    from_json({{ metadata }}, 'map<string,string>')[{{ key }}]
{%- endmacro -%}
