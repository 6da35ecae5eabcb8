"""One batch: stretches of the same kind and format, read in one go into one part without what has landed already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from ingestion.erasure.facts import stripped
from ingestion.erasure.in_force import current
from ingestion.product_usage import sql
from ingestion.product_usage.files import Form, Stretch, UnreadableError
from ingestion.product_usage.mapping import Kind, UsageMapping
from ingestion.product_usage.schema import DATASET, FACTS
from ingestion.profile import Profile
from ingestion.versions import MEMORY_LIMIT

# What one row group of a part holds in memory while it is written is bounded by this.
ROW_GROUP_ROWS = 50_000


@dataclass(frozen=True)
class Batch:
    """Stretches that can be read together; `scanned` are the columns the reader is told of."""

    kind: Kind
    form: Form
    scanned: tuple[str, ...]
    delimiter: str
    stretches: tuple[Stretch, ...]


@dataclass
class Found:
    """What one origin of a batch gave: rows understood, of them new, and their span of time (naive UTC)."""

    rows: int = 0
    new_rows: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass
class Part:
    """A Parquet file of new facts, and what each origin gave."""

    path: Path
    rows: int
    found: dict[str, Found] = field(default_factory=dict)


def scanned_columns(form: Form, columns: Sequence[str], fields: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The columns to tell the reader: a CSV's header, else of JSON every field that the mapping may mean."""
    if form != "json":
        return tuple(columns)
    wanted = [name if name in columns else name.partition(".")[0] for names in fields.values() for name in names]
    return tuple(dict.fromkeys(wanted))


@contextmanager
def reader(profile: Profile, *, in_order: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB on the warehouse, with bounded memory and every time in UTC."""
    config: dict[str, Any] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(profile.spool / "duckdb"),
        "preserve_insertion_order": in_order,
        "autoinstall_known_extensions": False,
    }
    with duckdb.connect(str(profile.warehouse), config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection


def read_batch(profile: Profile, batch: Batch, mapping: UsageMapping, target: Path, loaded_at: datetime) -> Part:
    """Reads, casts, and leaves out what is there already.

    Raises UnreadableError where DuckDB cannot read one of the files at all.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with reader(profile) as connection:
        connection.execute("create temp table stretch (filename varchar, origin varchar, read_from bigint)")
        connection.executemany(
            "insert into stretch values (?, ?, ?)",
            [[str(s.path), s.origin, s.read_from] for s in batch.stretches],
        )
        relation = sql.scan(batch.form, [str(s.path) for s in batch.stretches], batch.scanned, batch.delimiter)
        read = sql.judged(
            batch.kind, relation, mapping.fields(batch.kind), batch.scanned, mapping.time_zone, numbered=False
        )
        constants = {
            "tenant_id": f"'{profile.tenant_id}'",
            "mapping_version": f"'{mapping.version(batch.kind)}'",
            "loaded_at": f"timestamp '{loaded_at.isoformat(sep=' ')}'",
            # Of what the row said: a file that is read again must find its rows here.
            "row_key": sql.row_key(batch.kind),
        }
        erased = current()
        if erased is not None:
            constants |= stripped(erased)
        columns = ", ".join(f"{constants.get(name, name)} as {name}" for name in FACTS[batch.kind].names)
        try:
            _copy(
                connection,
                f"{read} select {columns} from judged join stretch using (filename) where refusal is null",
                target,
            )
        except (duckdb.InvalidInputException, duckdb.IOException) as error:
            if "space" in str(error):
                raise
            raise UnreadableError(str(error).splitlines()[0]) from error
        part = Part(target, 0, _found(connection, target))
        if any(found.rows for found in part.found.values()):
            _leave_out(connection, batch, part)
        part.rows = sum(found.new_rows for found in part.found.values())
        return part


def _copy(connection: duckdb.DuckDBPyConnection, select: str, target: Path) -> None:
    connection.execute(
        f"copy ({select}) to '{target}' (format parquet, compression lz4_raw, row_group_size {ROW_GROUP_ROWS})"
    )


def _found(connection: duckdb.DuckDBPyConnection, part: Path) -> dict[str, Found]:
    rows = connection.execute(
        f"select origin, count(*), min(occurred_at), max(occurred_at) from read_parquet('{part}') group by origin"
    ).fetchall()
    return {origin: Found(count, count, first, last) for origin, count, first, last in rows}


def _leave_out(connection: duckdb.DuckDBPyConnection, batch: Batch, part: Part) -> None:
    """Rewrites the part where it holds equal rows, or rows that have landed before."""
    source = part.path
    if _number_equal_rows(connection, batch, part):
        source = part.path.with_suffix(".placed.parquet")
    landed = f"{DATASET}.{batch.kind}"
    connection.execute(
        f"""
        create temp table landed_before as
        select distinct row_key from read_parquet('{source}') semi join {landed} using (row_key)
        """
    )
    if source is part.path and not _any(connection, "landed_before"):
        return
    target = part.path.with_suffix(".new.parquet")
    _copy(connection, f"select * from read_parquet('{source}') anti join landed_before using (row_key)", target)
    new = {origin: found.new_rows for origin, found in _found(connection, target).items()}
    for origin, found in part.found.items():
        found.new_rows = new.get(origin, 0)
    part.path.unlink()
    if source is not part.path:
        source.unlink()
    part.path = target


def _number_equal_rows(connection: duckdb.DuckDBPyConnection, batch: Batch, part: Part) -> bool:
    """Gives the second and later of equal rows of one file keys of their own, and drops what another file has too.

    Of a stretch that goes on where an earlier one ended, rows equal to earlier ones of that file count on from them.
    Returns whether anything had to be done; the result is then in `<part>.placed.parquet`.
    """
    grown = [s for s in batch.stretches if s.read_from > 0]
    content = " and ".join(f"l.{name} is not distinct from p.{name}" for name in sql.CONTENT[batch.kind])
    connection.execute(
        f"""
        create temp table before as
        select p.row_key, p.origin, count(*) as places
        from (
            select distinct row_key, origin, read_from, {", ".join(sql.CONTENT[batch.kind])}
            from read_parquet('{part.path}')
            where read_from > 0 and idempotency_key is null
        ) as p
        join {DATASET}.{batch.kind} as l
            on l.occurred_at = p.occurred_at and l.origin = p.origin and l.read_from < p.read_from and {content}
        group by all
        """
        if grown
        else "create temp table before (row_key bigint, origin varchar, places bigint)"
    )
    connection.execute(
        f"""
        create temp table repeated as
        select row_key from read_parquet('{part.path}') group by row_key having count(*) > 1
        union select row_key from before
        """
    )
    if not _any(connection, "repeated"):
        return False
    names = FACTS[batch.kind].names
    placed = sql.key_of("concat_ws(chr(31), row_key, place)")
    columns = ", ".join(f"if(place = 1, row_key, {placed}) as row_key" if n == "row_key" else n for n in names)
    _copy(
        connection,
        f"""
        with placed as (
            select part.*, case when idempotency_key is not null then 1 else coalesce(places, 0) + row_number() over (
                partition by part.row_key, part.origin
            ) end as place
            from read_parquet('{part.path}') as part
            semi join repeated using (row_key)
            left join before on part.row_key = before.row_key and part.origin = before.origin
        ),
        keyed as (select {columns} from placed)
        select * from read_parquet('{part.path}') anti join repeated using (row_key)
        union all
        select * from keyed qualify row_number() over (partition by row_key order by origin, occurred_at) = 1
        """,
        part.path.with_suffix(".placed.parquet"),
    )
    return True


def _any(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return connection.execute(f"select 1 from {table} limit 1").fetchone() is not None
