"""Backups without an erased person: each archive is rewritten, with the erasure in it, so that a restore keeps it."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect

from revops.domain.erasure import Erasure
from revops.settings import Settings
from revops.store.backup import backups, rewriting
from revops.store.compact import compact_files
from revops.store.engine import sqlite_engine
from revops.store.erasures import Erasures
from revops.store.store import Store


def erase_backups(
    settings: Settings, tenant_id: str, erasures: Sequence[Erasure], erase: Callable[[Store], object], *, actor: str
) -> list[Path]:
    """Rewrite every backup in LEAKS_HOME by what `erase` does to a store; returns them. Raises BackupError."""
    found = backups(settings)
    for path in found:
        with rewriting(path) as files:
            with Store({file: sqlite_engine(copy) for file, copy in files.items()}, None) as store:
                erase(store)
                _note(store, tenant_id, erasures, actor)
            compact_files(files.values())
            for copy in files.values():
                with closing(sqlite3.connect(copy)) as connection:
                    # One file again, as a backup is.
                    connection.execute("pragma journal_mode = delete")
    return found


def _note(store: Store, tenant_id: str, erasures: Sequence[Erasure], actor: str) -> None:
    with store.everyone(is_read_only=True) as connection:
        has_table = inspect(connection).has_table("erasures")
        has_tenant = (
            has_table and connection.exec_driver_sql("select 1 from tenants where tenant_id = ?", (tenant_id,)).first()
        )
    if has_tenant:
        for one in erasures:
            Erasures(store).add(tenant_id, one, actor=actor)
