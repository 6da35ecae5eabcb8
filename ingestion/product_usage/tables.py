"""SQL tables of logs, read by dlt as Arrow and kept as Parquet until they have landed.

A table is read on by its cursor column: rows from `late_minutes` before the newest that was seen. What is read twice by
that lands once, like everything else.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.libs.sql_alchemy import create_engine, make_url, sa

from ingestion.errors import IngestionError, ProductUsageError
from ingestion.product_usage.files import Fingerprint, Stretch
from ingestion.product_usage.mapping import Kind, UsageMapping
from ingestion.product_usage.places import SqlTable
from ingestion.product_usage.recognise import kind_of, matches_nothing, missing
from ingestion.product_usage.state import FileStatus

CHUNK_ROWS = 50_000
_NUMBER_UNITS = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (float("inf"), 1_000_000_000))


def column_names(table: SqlTable) -> tuple[str, ...]:
    """The columns of the table. Raises ProductUsageError where it cannot be reached or does not exist."""
    engine = _engine(table)
    try:
        return tuple(column["name"] for column in sa.inspect(engine).get_columns(table.table, table.schema))
    except Exception as error:
        raise _typed(table, error) from error
    finally:
        engine.dispose()


def read_table(
    table: SqlTable, columns: tuple[str, ...], cursor: str, since: str | None, late_minutes: int, target: Path
) -> tuple[int, str | None]:
    """Writes the rows from `since` on (all without) as Parquet; returns their number and the newest cursor.

    Raises ProductUsageError where the table cannot be read.
    """
    from dlt.sources.sql_database import sql_table

    target.parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(table)

    def newer(query: Any, reflected: Any) -> Any:
        column = reflected.c[cursor]
        start = None if since is None else _earlier(since, column.type.python_type, late_minutes)
        return query if start is None else query.where(column >= start)

    rows, newest = 0, None
    writer: pq.ParquetWriter | None = None
    try:
        resource = sql_table(
            credentials=engine,
            table=table.table,
            schema=table.schema,
            backend="pyarrow",
            reflection_level="full",
            chunk_size=CHUNK_ROWS,
            included_columns=list(columns),
            query_adapter_callback=newer,
        )
        for batch in _tables(resource):
            writer = writer or pq.ParquetWriter(target, batch.schema, compression="lz4")
            writer.write_table(batch.cast(writer.schema))
            rows += batch.num_rows
            newest = _newer(newest, batch.column(cursor))
    except IngestionError:
        raise
    except Exception as error:
        raise _typed(table, error) from error
    finally:
        if writer is not None:
            writer.close()
        engine.dispose()
    return rows, None if newest is None else str(newest)


def _tables(resource: Any) -> Iterator[pa.Table]:
    for item in resource:
        yield item if isinstance(item, pa.Table) else pa.Table.from_batches([item])


def _newer(newest: Any, column: pa.ChunkedArray) -> Any:
    import pyarrow.compute as pc

    greatest = pc.max(column).as_py()
    return greatest if newest is None or (greatest is not None and greatest > newest) else newest


def _earlier(since: str, kind: type, late_minutes: int) -> Any:
    """The cursor's value so many minutes before the newest, in the column's own terms."""
    late = timedelta(minutes=late_minutes)
    if issubclass(kind, datetime):
        return datetime.fromisoformat(since) - late
    if issubclass(kind, int | float | Decimal):
        number = Decimal(since)
        per_second = next(unit for limit, unit in _NUMBER_UNITS if number < limit)
        # A small number is a row's own, not a time: there is no telling how many rows a minute is.
        return number - int(late.total_seconds()) * per_second if number >= 100_000_000 else number
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return since
    return (moment - late).isoformat(sep="T" if "T" in since else " ")


def _engine(table: SqlTable) -> Any:
    try:
        url = make_url(table.url)
        if url.drivername == "sqlite" and url.database and not Path(url.database).is_file():
            raise ProductUsageError(f"LEAKS_PRODUCT_USAGE: {table.origin}: there is no file {url.database}")
        options = {"execution_options": {"stream_results": True}} if url.drivername != "sqlite" else {}
        return create_engine(url, **options)
    except ModuleNotFoundError as error:
        raise ProductUsageError(
            f"LEAKS_PRODUCT_USAGE: reading {table.origin} needs the package {error.name}: "
            f".venv/bin/pip install '{error.name}[binary]'"
        ) from error


def _typed(table: SqlTable, error: Exception) -> ProductUsageError:
    if isinstance(error, sa.exc.NoSuchTableError) or isinstance(error.__cause__, sa.exc.NoSuchTableError):
        return ProductUsageError(f"LEAKS_PRODUCT_USAGE: {table.origin}: there is no table {table.table}")
    password = table.url.partition("://")[2].partition("@")[0].partition(":")[2]
    text = str(error).replace(password, "***") if password else str(error)
    return ProductUsageError(f"LEAKS_PRODUCT_USAGE: {table.origin} cannot be read: {text}")


def stretch_of_table(
    table: SqlTable, status: FileStatus | None, mapping: UsageMapping, spool: Path
) -> tuple[Kind, Stretch, str | None]:
    """What of the table is to be read, as a Parquet file; with its kind and the newest cursor.

    Raises ProductUsageError where the table cannot be read or has not the columns it needs.
    """
    names = column_names(table)
    kind = kind_of(table.origin, names, mapping)
    if missing(names, kind, mapping):
        raise matches_nothing(table.origin, names, kind, mapping)
    fields = mapping.fields(kind)
    cursor = mapping.cursor or next(name for name in fields["at"] if name in names)
    if cursor not in names:
        raise ProductUsageError(
            f"product_usage.cursor: {table.origin} has no column {cursor}; its columns are: {', '.join(names)}"
        )
    wanted = dict.fromkeys([*(name for group in fields.values() for name in group if name in names), cursor])
    target = spool / f"{hashlib.sha256(table.origin.encode()).hexdigest()[:16]}.parquet"
    since = status.cursor if status else None
    rows, newest = read_table(table, tuple(wanted), cursor, since, mapping.late_minutes, target)
    mark = Fingerprint(size=rows, upto=0, head="", tail="")
    stretch = Stretch(table.origin, target, "parquet", tuple(wanted), "", 0, 0, 0, rows, rows, mark, is_copy=True)
    return kind, stretch, newest or since
