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
    {%- for name in macros_seen | sort -%} {%- do parts.append(context[name].macro.macro_sql) -%} {%- endfor -%}
    {%- for unique_id in nodes_seen | sort if unique_id in nodes -%}
        {%- do parts.append(nodes[unique_id].checksum.checksum) -%}
    {%- endfor -%}
    {%- do return(local_md5(parts | join("\n"))) -%}
{%- endmacro -%}

{# Collects the names of this project's macros that a node, or a macro, calls. #}
{%- macro macros_of(caller, seen) -%}
    {%- for unique_id in caller.depends_on.macros -%}
        {%- set name = unique_id.split(".")[-1] -%}
        {%- if unique_id.split(".")[1] == project_name and name not in seen and name in context -%}
            {%- do seen.append(name) -%}
            {%- do macros_of(context[name].macro, seen) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{# Collects the ids of the models and seeds that a node reads, and those that these read. #}
{%- macro nodes_above(node, nodes, seen) -%}
    {%- for unique_id in node.depends_on.nodes if unique_id in nodes and unique_id not in seen -%}
        {%- do seen.append(unique_id) -%}
        {%- do nodes_above(nodes[unique_id], nodes, seen) -%}
    {%- endfor -%}
{%- endmacro -%}

{# The `meta` of the leak type being compiled. #}
{%- macro leak_type_meta() -%}
    {%- set name = model.name.split("leaks__")[-1] -%}
    {%- set meta = model.config.get("meta", {}) if execute else {} -%}
    {%- do return({"leak_type": name, "family": model.path.split("/")[-3] if model.path else ""}) -%}
{%- endmacro -%}
