"""`leaks db upgrade`: a backup, then the revisions; and `leaks db check`: is the store as it must be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from revops.settings import Settings
from revops.store import schema
from revops.store.backup import PG_DUMP, backup
from revops.store.engine import postgres_url, sqlite_path
from revops.store.errors import BackupError, UnsafeRoleError
from revops.store.metadata import FILES, metadata
from revops.store.store import Store, open_store


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did: nothing, where `revision_before` is the revision now."""

    revision_before: str | None
    revision: str
    backup: Path | None


def upgrade(settings: Settings, at: datetime, *, with_backup: bool = True) -> Upgraded:
    """Make the store, or bring its schema to ours after a backup; nobody else may have the files open.

    All revisions happen or none. Raises SchemaNewerError, StoreUnavailableError, and BackupError where the
    store is in PostgreSQL, which makes its own backups, until `with_backup` is False.
    """
    if schema.create(settings):
        return Upgraded(None, schema.head(), None)
    found = schema.read_schema(settings)
    if not found.is_older:
        schema.check(settings)
        return Upgraded(schema.head(), schema.head(), None)
    before = str(found.revisions["operations"])
    with schema.alone_with(settings):
        # An inbox that is gone is made anew and empty, so that the backup is whole.
        schema.migrate(settings, before)
        copy = _backup_before(settings, at, f"before-{schema.head()}") if with_backup else None
        schema.migrate(settings)
    return Upgraded(before, schema.head(), copy)


def problems(settings: Settings) -> Iterator[str]:
    """What is wrong with the store, each with what to do; nothing where all is well.

    Raises StoreError where it cannot be opened at all (missing, older, newer, unreachable).
    """
    with open_store(settings) as store:
        if store.is_postgres:
            yield from _postgres_problems(store)
        else:
            for file in FILES:
                yield from _file_problems(sqlite_path(settings.leaks_home, file))


def _backup_before(settings: Settings, at: datetime, reason: str) -> Path:
    if postgres_url(settings) is not None:
        raise BackupError(
            "A backup must precede the upgrade, and PostgreSQL makes its own (the setting lets it read every "
            f"tenant): {PG_DUMP}\nThen run `leaks db upgrade --no-backup`."
        )
    return backup(settings, None, at, reason=reason)


def _file_problems(path: Path) -> Iterator[str]:
    advice = "Stop what uses it and `leaks db restore` a backup."
    try:
        with closing(sqlite3.connect(path)) as connection:
            for (verdict,) in connection.execute("pragma integrity_check(5)"):
                if verdict != "ok":
                    yield f"{path}: {verdict}. {advice}"
            broken = connection.execute("pragma foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        yield f"{path}: {error}. {advice}"
        return
    if broken:
        yield f"{path}: a row of {broken[0]} refers to a row of {broken[2]} that is not there. {advice}"
    if path.stat().st_mode & 0o077:
        yield f"{path} holds credentials and others on this machine may read it. Run `chmod 600 {path}`."


def _postgres_problems(store: Store) -> Iterator[str]:
    is_protected = text(
        "select relname from pg_class where relname = any(:names) and relnamespace = current_schema()::regnamespace "
        "and relrowsecurity and relforcerowsecurity"
    )
    names = [table.name for table in metadata.sorted_tables if "tenant_id" in table.c]
    with store.everyone(is_read_only=True) as connection:
        try:
            schema.refuse_unsafe_role(connection)
        except UnsafeRoleError as error:
            yield str(error)
        protected = set(connection.scalars(is_protected, {"names": names}))
    for name in names:
        if name not in protected:
            yield (
                f"Row-level security is off for the table {name}: ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; "
                f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
            )
