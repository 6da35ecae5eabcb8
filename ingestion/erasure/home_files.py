"""Everything under a home that is no warehouse: what an erasure removes, and what it rewrites.

Removed are a tenant's working folders, which any run makes anew: what is being read (`spool`), dlt's and dbt's folders.
Rewritten in place are Dagster's history and logs, which others read as well.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from ingestion.erasure.duckdb_files import HIDDEN
from ingestion.errors import FileInUseError

WORKING_FOLDERS = ("spool", "dlt", "dbt", "dbt-batch")
_WORKING_FILES = (f"{HIDDEN}*", ".publishing-*", "*.tmp")
_SQLITE = b"SQLite format 3\0"
_BUSY_SECONDS = 30.0

Wash = Callable[[str], str]


def remove_working_files(tenant_dir: Path) -> None:
    """Forgets what was being read, loaded and built; the caller holds `writer_lock`."""
    for name in WORKING_FOLDERS:
        shutil.rmtree(tenant_dir / name, ignore_errors=True)
    for pattern in _WORKING_FILES:
        for path in tenant_dir.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def wash_files(folder: Path, wash: Wash) -> list[Path]:
    """Rewrites every file below a folder that `wash` changes, and every SQLite file; returns those that changed.

    Raises FileInUseError where a SQLite file is locked for long.
    """
    return [path for path in files_below(folder) if (wash_sqlite if is_sqlite(path) else _wash_text)(path, wash)]


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, journals of SQLite left out: they belong to their file."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.endswith(("-wal", "-shm", "-journal")):
            yield path


def is_sqlite(path: Path) -> bool:
    """Whether a file is SQLite's, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def wash_sqlite(path: Path, wash: Wash) -> bool:
    """Rewrites the texts of a SQLite file, and the file itself, so that freed pages hold nothing."""
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("pragma secure_delete = on")
            connection.execute("begin immediate")
            changed = sum(_wash_column(connection, table, column, wash) for table, column in _columns(connection))
            connection.execute("commit")
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.OperationalError as error:
        raise FileInUseError(f"{path} cannot be rewritten ({error}): stop what uses it and erase again") from error
    return changed > 0


def _columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = connection.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    return [
        (table, column)
        for (table,) in tables.fetchall()
        for _, column, *_ in connection.execute(f"pragma table_info('{table}')")
    ]


def _wash_column(connection: sqlite3.Connection, table: str, column: str, wash: Wash) -> int:
    rows: Iterable[tuple[int, str]] = connection.execute(
        f'select rowid, "{column}" from "{table}" where typeof("{column}") = \'text\''
    )
    changes = [(left, row) for row, text in rows if (left := wash(text)) != text]
    connection.executemany(f'update "{table}" set "{column}" = ? where rowid = ?', changes)
    return len(changes)


def _wash_text(path: Path, wash: Wash) -> bool:
    """A log or the like; what is no text is left for the search to find."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    left = wash(text)
    if left == text:
        return False
    beside = path.with_name(f"{HIDDEN}{path.name}")
    with beside.open("w", encoding="utf-8", newline="") as file:
        file.write(left)
        file.flush()
        os.fsync(file.fileno())
    shutil.copymode(path, beside)
    beside.replace(path)
    return True
