"""DuckDB files without an erased person: each is written anew, because freed blocks keep what stood in them.

The new file has every schema, table, view and compression of the old one, and takes its place in one step, so that a
reader or a kill sees the one or the other.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.erasure.erased import FOLLOWERS, LINKS
from ingestion.erasure.rows import Rows, is_of_somebody
from ingestion.errors import IngestionError
from ingestion.versions import MEMORY_LIMIT

HIDDEN = ".erasing-"
_OLD = "before_erasure"
# Ids of the tenant's own lists, which name nobody.
_KEPT = frozenset({"erased_customers", "erased_objects", "export_lines"})


@dataclass(frozen=True)
class _Table:
    schema: str
    name: str
    columns: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"{_quoted(self.schema)}.{_quoted(self.name)}"

    @property
    def is_versions(self) -> bool:
        return {"payload", "payload_hash", "version_at"} <= set(self.columns)


def rewrite(path: Path, rows: Rows, ids: Sequence[str]) -> int:
    """Writes a DuckDB file anew without the person whose `ids` these are, and counts the rows that changed.

    The caller sees to it that nobody writes it meanwhile; who reads it goes on reading the old one. Raises
    IngestionError where it cannot be written, and then nothing of it was changed.
    """
    hidden = path.with_name(f"{HIDDEN}{path.name}")
    hidden.unlink(missing_ok=True)
    try:
        changed = _write(path, hidden, rows, ids)
        _flush(hidden)
        hidden.replace(path)
        _flush(path.parent)
    except (duckdb.Error, OSError) as error:
        hidden.unlink(missing_ok=True)
        raise IngestionError(
            f"{path} could not be written anew, nothing of it was changed: free some room, see that nothing else uses "
            f"it, and erase again ({error})"
        ) from error
    return changed


def _write(path: Path, hidden: Path, rows: Rows, ids: Sequence[str]) -> int:
    if path.with_name(f"{path.name}.wal").exists():
        # What stands in the journal belongs into the file that is copied.
        with duckdb.connect(str(path)) as connection:
            connection.execute("checkpoint")
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False}) as connection:
        connection.execute("set temp_directory = ''")
        connection.execute(f"attach {_literal(path)} as {_OLD} (read_only)")
        new = _quoted(path.stem)
        connection.execute(f"attach {_literal(hidden)} as {new} (storage_version 'latest')")
        connection.execute(f"copy from database {_OLD} to {new} (schema)")
        connection.execute("create temp table mine as select unnest($ids::varchar[]) as id", {"ids": list(ids)})
        changed = sum(_copy(connection, table, new, rows) for table in _tables(connection))
        connection.execute(f"detach {new}")
    return changed


def _tables(connection: duckdb.DuckDBPyConnection) -> list[_Table]:
    found = connection.execute(
        """
        select schema_name, table_name, list(column_name order by column_index),
            list(column_name order by column_index) filter (data_type in ('VARCHAR', 'JSON'))
        from duckdb_columns()
        semi join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = $old and not internal
        group by all order by all
        """,
        {"old": _OLD},
    ).fetchall()
    return [_Table(schema, name, tuple(columns), tuple(texts or ())) for schema, name, columns, texts in found]


def _copy(connection: duckdb.DuckDBPyConnection, table: _Table, new: str, rows: Rows) -> int:
    """Copies one table; returns how many of its rows are not what they were."""
    changes = None if table.name in _KEPT or not table.texts else _changes(connection, table, rows)
    columns = ", ".join(f"t.{_quoted(name)}" for name in table.columns)
    source = f"{_OLD}.{table.path} as t"
    if changes is not None:
        connection.register("changes", changes)
        replaced = {
            name: f"case when c.place is null then t.{_quoted(name)} else c.{_quoted(name)} end"
            for name in changes.column_names
            if name != "place"
        }
        columns = ", ".join(replaced.get(name, f"t.{_quoted(name)}") for name in table.columns)
        source += " left join changes as c on t.rowid = c.place"
    connection.execute(f"insert into {new}.{table.path} select {columns} from {source}")
    if changes is not None:
        connection.unregister("changes")
    return changes.num_rows if changes is not None else 0


def _changes(connection: duckdb.DuckDBPyConnection, table: _Table, rows: Rows) -> pa.Table | None:
    """The changed text columns of changed rows, by the row's place in the old table."""
    names = ("payload", "payload_hash") if table.is_versions else table.texts
    change = _of_version(rows) if table.is_versions else (lambda row: rows.cells(names, row))
    found: list[tuple[Any, ...]] = []
    for place, *row in _candidates(connection, table, names, rows):
        left = change(row)
        if left != row:
            found.append((place, *left))
    if not found:
        return None
    columns = zip(*found, strict=True)
    types = [pa.int64(), *([pa.string()] * len(names))]
    return pa.table(
        {name: pa.array(column, kind) for name, column, kind in zip(("place", *names), columns, types, strict=True)}
    )


def _of_version(rows: Rows) -> Callable[[list[Any]], list[Any]]:
    return lambda row: [*rows.payload(row[0])]


def _candidates(
    connection: duckdb.DuckDBPyConnection, table: _Table, names: Sequence[str], rows: Rows
) -> Iterator[tuple[Any, ...]]:
    """Rows that may be the person's: by an id of theirs, or by a word that is theirs alone."""
    conditions = [f"{_quoted(name)} in (select id from mine)" for name in table.texts if is_of_somebody(name)]
    if table.is_versions:
        conditions.append(f"contains(payload, {_literal(rows.customer_id)})")
    if table.is_versions and table.name in FOLLOWERS:
        conditions += [f"(payload ->> '$.{link}') in (select id from mine)" for link in LINKS]
    if rows.pattern is not None:
        conditions += [f"regexp_matches({_quoted(name)}, $pattern)" for name in table.texts]
    if "raw_text" in table.texts:
        conditions.append("exists (select 1 from mine where contains(raw_text, mine.id))")
    if not conditions:
        return
    chosen = ", ".join(_quoted(name) for name in names)
    cursor = connection.execute(
        f"select rowid, {chosen} from {_OLD}.{table.path} where {' or '.join(conditions)}",
        {"pattern": rows.pattern} if rows.pattern is not None else None,
    )
    while page := cursor.fetchmany(1_000):
        yield from page


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: Path | str) -> str:
    return "'" + str(text).replace("'", "''") + "'"
