"""Looking for words in every file of a folder, whatever its format: an erasure ends with it.

Databases and Parquet are read column by column, because compression hides what stands in them; archives and compressed
files are unpacked; and every file is looked through as it lies on the disk, free pages included.
"""

import gzip
import re
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import zstandard

from ingestion.erasure.home_files import is_sqlite

_BLOCK = 8 * 1024 * 1024


class Search:
    """Words, looked for without regard to case; rows of SQLite tables that are another tenant's may say the same."""

    def __init__(self, words: Collection[str], tenant_id: str) -> None:
        self._longest = max((len(word.encode()) for word in words), default=0)
        self._bytes = re.compile(b"|".join(re.escape(word.lower().encode()) for word in sorted(words)))
        self._text = re.compile("|".join(re.escape(word.lower()) for word in sorted(words)))
        self._tenant_id = tenant_id
        self._is_nothing = not words

    def below(self, folder: Path, *, left_out: Collection[Path] = ()) -> list[Path]:
        """The files below a folder in which a word stands; `left_out` are folders that are not looked into."""
        if self._is_nothing:
            return []
        return [
            path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not any(path.is_relative_to(other) for other in left_out) and self.is_in(path)
        ]

    def is_in(self, path: Path) -> bool:
        """Whether a word stands in a file."""
        kind = _kind(path)
        if kind is not None:
            return kind(self, path)
        return self._is_in_bytes(path)

    def _is_in_bytes(self, path: Path) -> bool:
        with path.open("rb") as file:
            return self._is_in_blocks(iter(lambda: file.read(_BLOCK), b""))

    def _is_in_blocks(self, blocks: Iterator[bytes]) -> bool:
        rest = b""
        for block in blocks:
            content = rest + block.lower()
            if self._bytes.search(content):
                return True
            rest = content[-self._longest :]
        return False

    def _in_gzip(self, path: Path) -> bool:
        with gzip.open(path, "rb") as file:
            try:
                return self._is_in_blocks(iter(lambda: file.read(_BLOCK), b""))
            except (OSError, EOFError, zlib.error):
                return self._is_in_bytes(path)

    def _in_zstd(self, path: Path) -> bool:
        with path.open("rb") as file:
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            return self._is_in_blocks(iter(lambda: reader.read(_BLOCK), b""))

    def _in_tar(self, path: Path) -> bool:
        with tempfile.TemporaryDirectory() as folder, tarfile.open(path) as tar:
            tar.extractall(folder, filter="data")
            return bool(self.below(Path(folder)))

    def _in_duckdb(self, path: Path) -> bool:
        with duckdb.connect() as connection:
            connection.execute(f"attach {_literal(path)} as looked_at (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
            ).fetchall()
            return any(self._in_relation(connection, f'looked_at."{schema}"."{name}"') for schema, name in tables)

    def _in_parquet(self, path: Path) -> bool:
        with duckdb.connect() as connection:
            return self._in_relation(connection, f"read_parquet({_literal(path)})")

    def _in_relation(self, connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
        columns = [row[0] for row in connection.execute(f"describe select * from {relation}").fetchall()]
        said = " or ".join(f"regexp_matches(lower(cast({_quoted(name)} as varchar)), $words)" for name in columns)
        sql = f"select 1 from {relation} where {said} limit 1"
        return connection.execute(sql, {"words": self._text.pattern}).fetchone() is not None

    def _in_sqlite(self, path: Path) -> bool:
        with closing(sqlite3.connect(path)) as connection:
            connection.text_factory = bytes
            names = "select name from sqlite_master where type = 'table'"
            tables = [name.decode() for (name,) in connection.execute(names).fetchall()]
            found = [self._in_table(connection, table) for table in tables]
        # Another tenant's rows stay as they are, so there the bytes prove nothing.
        return any(is_mine for is_mine, _ in found) or (
            not any(is_other for _, is_other in found) and self._is_in_bytes(path)
        )

    def _in_table(self, connection: sqlite3.Connection, table: str) -> tuple[bool, bool]:
        """Whether a word stands in a row of this tenant's or of nobody's, and whether in one of another's."""
        cursor = connection.execute(f'select * from "{table}"')
        names = [column[0] for column in cursor.description]
        place = names.index("tenant_id") if "tenant_id" in names else None
        mine = other = False
        for row in cursor:
            if any(isinstance(cell, bytes) and self._bytes.search(cell.lower()) for cell in row):
                is_other = place is not None and row[place] != self._tenant_id.encode()
                mine, other = mine or not is_other, other or is_other
        return mine, other


def _kind(path: Path) -> Callable[[Search, Path], bool] | None:
    if path.suffix == ".gz":
        return Search._in_gzip
    if path.suffix == ".zst":
        return Search._in_zstd
    if path.suffix == ".tar":
        return Search._in_tar
    if path.suffix == ".duckdb":
        return Search._in_duckdb
    if path.suffix == ".parquet":
        return Search._in_parquet
    return Search._in_sqlite if is_sqlite(path) else None


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
