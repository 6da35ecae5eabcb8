"""From settings to engines: two SQLite files in LEAKS_HOME, or one PostgreSQL database.

The inbox has a file of its own, because SQLite has one writer per file: receiving a webhook never waits for
a person's transaction, nor the reverse. Transactions that write take SQLite's lock at their beginning
(BEGIN IMMEDIATE); one that took it at its first write could fail there after waiting in vain.
"""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from revops.settings import Settings
from revops.store.errors import StoreAddressError
from revops.store.metadata import FILES, File

# How long a writer waits for another before the caller hears that the store is busy.
BUSY_MS = 5_000
CONNECT_SECONDS = 10
READ_ONLY = "leaks_read_only"


def sqlite_path(home: Path, file: File) -> Path:
    """Where a file of the store is, if the store is SQLite."""
    return home / f"{file}.db"


def postgres_url(settings: Settings) -> URL | None:
    """The address of PostgreSQL, or None where the store is SQLite. Raises StoreAddressError."""
    if settings.database_url is None:
        return None
    try:
        url = make_url(settings.database_url.get_secret_value())
    except ArgumentError:
        # Not chained: SQLAlchemy's text repeats the whole address, password included.
        raise StoreAddressError(_ADVICE) from None
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise StoreAddressError(_ADVICE)
    return url.set(drivername="postgresql+psycopg")


_ADVICE = (
    "DATABASE_URL is no address of PostgreSQL. Write postgresql://user:password@host:5432/database, "
    "or leave it empty: the store is then kept in SQLite files in LEAKS_HOME."
)


def make_engines(settings: Settings) -> dict[File, Engine]:
    """One engine per file; on PostgreSQL the same one twice. Nothing is opened yet."""
    url = postgres_url(settings)
    if url is None:
        return {file: sqlite_engine(sqlite_path(settings.leaks_home, file)) for file in FILES}
    engine = _postgres_engine(url)
    return dict.fromkeys(FILES, engine)


def sqlite_engine(path: Path, *, is_for_migration: bool = False) -> Engine:
    """An engine on one SQLite file.

    A migration copies tables that others refer to, so references are checked after it and not during it.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        connect_args={"timeout": BUSY_MS / 1000},
        **({"poolclass": NullPool} if is_for_migration else {}),
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # We say BEGIN ourselves; sqlite3 would say it only before the first INSERT, UPDATE or DELETE.
        connection.isolation_level = None
        connection.execute("pragma journal_mode = wal")
        # An answered webhook must survive a power cut: in WAL mode only FULL syncs at each commit.
        connection.execute("pragma synchronous = full")
        connection.execute(f"pragma foreign_keys = {'off' if is_for_migration else 'on'}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("begin" if is_read_only else "begin immediate")

    return engine


def _postgres_engine(url: URL) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        # A restarted server is noticed before a transaction begins, not in the middle of it.
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "leaks"},
    )
