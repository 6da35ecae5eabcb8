"""Columns whose text anybody may have written: an erasure looks into them. The two logs stay as they are."""

from collections.abc import Callable

from sqlalchemy import inspect, select, update

from revops.store.metadata import file_of, metadata
from revops.store.store import Store

FREE_TEXTS: dict[str, tuple[str, ...]] = {
    "outbox": ("payload", "error"),
    "actions": ("request", "shown", "reason", "outcome"),
    "suppressions": ("reason",),
    "letters": ("address", "content", "made_by"),
    "tasks": ("said",),
    "inbox": ("error",),
}


def wash_texts(store: Store, tenant_id: str, wash: Callable[[str], str]) -> int:
    """Rewrite a tenant's free texts and count those that changed; what a later schema brought is passed over."""
    changed = 0
    for name, columns in FREE_TEXTS.items():
        table = metadata.tables[name]
        with store.everyone(file=file_of(table), is_read_only=True) as connection:
            if not inspect(connection).has_table(name):
                continue
            there = {column["name"] for column in inspect(connection).get_columns(name)}
        mine = table.c.tenant_id == tenant_id
        keys = [*table.primary_key]
        for column in (table.c[one] for one in columns if one in there):
            with store.tenant(tenant_id, file=file_of(table)) as connection:
                if not store.is_postgres:
                    connection.exec_driver_sql("pragma secure_delete = on")
                rows = connection.execute(select(column, *keys).where(mine, column.is_not(None))).all()
                for text, *key in rows:
                    left = wash(str(text))
                    if left != text:
                        these = [one == value for one, value in zip(keys, key, strict=True)]
                        connection.execute(update(table).where(mine, *these).values({column.name: left}))
                        changed += 1
    return changed
