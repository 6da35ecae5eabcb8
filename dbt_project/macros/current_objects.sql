{#
  Current objects: the newest version of each object as of the run's as_of.

  Newest = greatest version_at <= as_of; in one second a read beats an event, then the later landed,
  then the greater event id. An object whose first version is later than as_of stands in for itself
  (`is_stand_in`), provided it existed: staging keeps it only `where existed(created)`.

  Incremental without a watermark: the newest version of every id is found over key columns, which
  is cheap, and compared with the version that the table was built from. Only ids that differ, and
  stand-ins, whose state depends on as_of, have their payload read and parsed. So versions that
  land late, an as_of moved over versions already landed, and clocks that jump need no rule of their
  own. When as_of moves back, the pre-hook drops what was built from later ones. Payloads are fetched by row
  address after the choice: no sort or aggregate ever carries one.

  With var `batch` only the objects of the batch that landed last are looked at (source `batch`), as
  after a delivery of events: the rest is as the last run left it.
#}
{%- macro newest_versions(object, key) -%}
    {%- set raw = source("stripe", object) -%}
    {%- set batch = source("stripe", "batch") -%}
    (
        with
            moments as (
                select
                    id,
                    max(case when version_at <= {{ as_of() }} then version_at end) as newest_at,
                    min(version_at) as first_at
                from {{ raw }}
                {% if is_batch() %}
                    where id in (select id from {{ batch }} where resource = '{{ object }}')
                {% endif %}
                group by id
            ),

            ranked as (
                select
                    versions.{{ row_address() }} as address,
                    versions.id,
                    versions.version_at,
                    versions.loaded_at,
                    versions.payload_hash,
                    moments.newest_at is null as is_stand_in,
                    row_number() over (
                        partition by versions.id
                        order by
                            case when versions.source = 'event' then 1 else 0 end,
                            versions.loaded_at desc,
                            coalesce(versions.event_id, '') desc,
                            versions.payload_hash
                    ) as position
                from {{ raw }} as versions
                inner join
                    moments
                    on versions.id = moments.id
                    and versions.version_at = coalesce(moments.newest_at, moments.first_at)
            ),

            changed as (
                select ranked.address, ranked.is_stand_in
                from ranked
                {% if is_incremental() %}
                    left join {{ this }} as built on ranked.id = built.{{ key }}
                {% endif %}
                where
                    ranked.position = 1
                    {% if is_incremental() %}
                        and (
                            built.{{ key }} is null
                            or ranked.is_stand_in
                            or built.is_stand_in
                            or ranked.version_at <> built.version_at
                            or ranked.loaded_at <> built.loaded_at
                            or ranked.payload_hash <> built.payload_hash
                        )
                    {% endif %}
            )

        select
            versions.tenant_id,
            versions.id,
            versions.version_at,
            versions.loaded_at,
            versions.api_version,
            versions.payload_hash,
            changed.is_stand_in,
            versions.payload
        from {{ raw }} as versions
        inner join changed on versions.{{ row_address() }} = changed.address
    )
{%- endmacro -%}

{# var batch: false (default) looks at every object, true at those of the last batch. #}
{%- macro is_batch() -%}
    {%- do return(var("batch", false) | string | lower == "true" and is_incremental()) -%}
{%- endmacro -%}

{# What tells two stored rows apart, equal in all their columns or not. #}
{%- macro row_address() -%} {{ adapter.dispatch("row_address", "leaks")() }} {%- endmacro -%}

{%- macro duckdb__row_address() -%} rowid {%- endmacro -%}

{# A stand-in counts from its creation on; objects without one have always been there. #}
{%- macro existed(created) -%}
    (not is_stand_in or {{ created }} is null or {{ at(created) }} <= {{ as_of() }})
{%- endmacro -%}

{# The columns that every current object carries beside its own. #}
{%- macro version_columns() -%}
    version_at,
    loaded_at,
    is_stand_in,
    coalesce(o.deleted, false) as is_deleted,
    api_version,
    payload_hash
{%- endmacro -%}

{#
  Pre-hook of current objects: forgets what a run with a later as_of built, stand-ins included; what
  existed by this as_of is built again from its version of then.
#}
{%- macro forget_what_is_later_than_as_of() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where version_at > {{ as_of() }}
    {%- endif -%}
{%- endmacro -%}
