"""What revisions share. A revision that ran stays as it was: add here, do not change.

On SQLite the chain of revisions runs on each file, and a revision makes there only what belongs there.
"""

from alembic import context, op


def is_for(file: str) -> bool:
    """Whether the database being upgraded is, or contains, a file of the store."""
    return file in context.config.attributes["files"]


def _is_postgres() -> bool:
    return op.get_context().dialect.name == "postgresql"


def hide_other_tenants(*tables: str) -> None:
    """Row-level security: a transaction sees and writes rows of its own tenant; without one, none.

    FORCE, because the role that owns the tables is the one that works with them. SQLite has no roles;
    there the repositories' filters are all.
    """
    if not _is_postgres():
        return
    for table in tables:
        mine = "tenant_id = current_setting('app.tenant_id', true) or current_setting('app.tenant_id', true) = '*'"
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy tenant_only on {table} using ({mine}) with check ({mine})")


def append_only(*tables: str, keys: tuple[str, ...] = ("sequence",)) -> None:
    """Triggers that refuse to change or delete a row (and on PostgreSQL to empty the table).

    `keys` are the columns of the primary key: on SQLite INSERT OR REPLACE deletes a row without asking the triggers.
    """
    if not _is_postgres():
        for table in tables:
            refuse = f"begin select raise(abort, '{table} is append-only'); end"
            for verb in ("update", "delete"):
                op.execute(f"create trigger {table}_no_{verb} before {verb} on {table} {refuse}")
            same = " and ".join(f"{key} = new.{key}" for key in keys)
            is_there = f"exists (select 1 from {table} where {same})"
            op.execute(f"create trigger {table}_no_replace before insert on {table} when {is_there} {refuse}")
        return
    op.execute(
        "create or replace function leaks_append_only() returns trigger language plpgsql as "
        "$$ begin raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation'; end $$"
    )
    for table in tables:
        op.execute(
            f"create trigger {table}_no_change before update or delete on {table} "
            "for each row execute function leaks_append_only()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function leaks_append_only()"
        )
