{#
  What makes a detector's definition: its own code, every macro it is written with, and the code and
  seeds of all models it reads, down to staging. Compile-time and free of anything that changes from
  run to run (as_of, schema, scope), so equal code gives an equal hash everywhere.
#}
{%- macro definition_hash() -%}
    {%- if not execute -%} {%- do return("") -%} {%- endif -%}
    {%- set parts = [model.get("raw_code", "")] -%}
    {%- set nodes = graph.get("nodes", {}) -%}
    {%- set macros_seen = [] -%}
    {%- set nodes_seen = [model.unique_id] -%}
    {%- do macros_of(model, macros_seen) -%}
    {%- do nodes_above(model, nodes, nodes_seen) -%}
    {%- for name in macros_seen | sort -%}
        {%- do parts.append(context[name].macro.macro_sql) -%}
    {%- endfor -%}
    {%- for unique_id in nodes_seen | sort if unique_id in nodes -%}
        {%- do parts.append(nodes[unique_id].checksum.checksum) -%}
    {%- endfor -%}
    {%- do return(local_md5(parts | join("\n"))) -%}
{%- endmacro -%}

{# Collects the names of this project's macros that a node, or a macro, calls. #}
{%- macro macros_of(user, seen) -%}
    {%- for unique_id in user.depends_on.macros -%}
        {%- set name = unique_id.split(".")[-1] -%}
        {%- if unique_id.split(".")[1] == project_name and name not in seen and name in context -%}
            {%- do seen.append(name) -%} {%- do macros_of(context[name].macro, seen) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{# Collects the ids of the models and seeds that a node reads, and those that these read. #}
{%- macro nodes_above(node, nodes, seen) -%}
    {%- for unique_id in node.depends_on.nodes if unique_id in nodes and unique_id not in seen -%}
        {%- do seen.append(unique_id) -%} {%- do nodes_above(nodes[unique_id], nodes, seen) -%}
    {%- endfor -%}
{%- endmacro -%}

{#
  The leak types of this project: [{leak_type, family, title, requires, also_reads}], from the folders
  models/leaks/<family>/<leak_type>/ and the `meta` of their models. Without `requires` a leak type is
  off; without `also_reads` its alerts become reviews.
#}
{%- macro leak_types_of_project() -%}
    {%- set found = [] -%}
    {%- for node in (graph.get("nodes", {}) if execute else {}).values() -%}
        {%- if node.resource_type == "model" and node.name.startswith("leaks__") -%}
            {%- do found.append(
                {
                    "leak_type": node.name[7:],
                    "family": node.fqn[-3],
                    "title": node.config.meta.title,
                    "requires": node.config.meta.requires,
                    "also_reads": node.config.meta.also_reads or [],
                }
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(found | sort(attribute="leak_type")) -%}
{%- endmacro -%}

{# Whether a comma-separated list names something. #}
{%- macro names(list, name) -%}
    ',' || {{ list }} || ',' like '%,' || {{ name }} || ',%'
{%- endmacro -%}
