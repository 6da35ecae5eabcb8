"""Leaving nothing of deleted rows in the files: SQLite keeps them in free pages and in its journal until then."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from revops.settings import Settings
from revops.store.engine import make_engines, postgres_url, sqlite_path
from revops.store.errors import StoreUnavailableError
from revops.store.metadata import FILES, metadata

_BUSY_SECONDS = 30.0


def compact(settings: Settings) -> None:
    """Write both SQLite files anew, or let PostgreSQL give back what is dead. Raises StoreUnavailableError."""
    if postgres_url(settings) is None:
        compact_files(sqlite_path(settings.leaks_home, file) for file in FILES)
        return
    engine = make_engines(settings)["operations"]
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in metadata.sorted_tables:
                connection.execute(text(f"vacuum {table.name}"))
    finally:
        engine.dispose()


def compact_files(paths: Iterable[Path]) -> None:
    """The same for SQLite files wherever they are. Raises StoreUnavailableError where one stays in use."""
    for path in paths:
        try:
            with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
                connection.execute("pragma secure_delete = on")
                connection.execute("vacuum")
                (is_busy, _, _) = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        except sqlite3.OperationalError as error:
            raise _in_use(path, str(error)) from error
        if is_busy:
            raise _in_use(path, "its journal is being read")


def _in_use(path: Path, reason: str) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"{path} could not be written anew ({reason}): stop `leaks serve`, the worker and Dagster, and do it again; "
        "what was done stays done."
    )
