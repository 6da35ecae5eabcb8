"""How any source lands: append-only versions of objects, and small tables that are replaced.

One table per object type; a row is one state that an object had from `version_at` on. What may be left out, and why the
newest version stays right whatever arrives late or twice:

- the same state at the same time from the same kind of source lands once;
- a *read* (API or export) that finds the state which is already the newest at its time adds nothing and is left out;
- an *event* is never left out for equality: a state can come back (A, B, A), and if B is delivered last it would win;
- leaving out reads has the same danger, so when an event arrives that is older than the last full read of its table,
  the state that read had confirmed is *restated* at the time of that read.

Tables are made here rather than by dlt, which cannot say `USING COMPRESSION zstd`: without it, and without DuckDB's
storage version `latest`, payloads take up to twenty times the space. Parts are imported by dlt as files, unparsed.

A load package that a kill left behind is thrown away, not resumed: dlt would import a file again whose rows had been
committed. Parts stay in the spool until everything has landed, and what is already there is left out next time.
"""

import math
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.pipeline import LoadInfo
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.pipeline.exceptions import PipelineStepFailed

from ingestion import quarantine
from ingestion.errors import DiskFullError, IngestionError
from ingestion.parts import ROW_GROUP_ROWS
from ingestion.profile import Profile

COLUMNS: dict[str, str] = {
    "tenant_id": "VARCHAR",
    "id": "VARCHAR",
    "version_at": "TIMESTAMP",
    "source": "VARCHAR",
    "event_id": "VARCHAR",
    "api_version": "VARCHAR",
    "payload": "VARCHAR USING COMPRESSION zstd",
    "payload_hash": "VARCHAR",
    "loaded_at": "TIMESTAMP",
}
MEMORY_LIMIT = "700MB"
MERGED_BELOW_ROWS = 100_000
ROWS_COMPARED_AT_ONCE = 400_000
# A row group is held in memory by each thread until it is written: 120,000 payloads, DuckDB's default, are 300 MB.
PART_FORMAT = f"(format parquet, compression lz4, row_group_size {ROW_GROUP_ROWS})"
NEWEST_FIRST = "version_at desc, (source = 'event') asc, loaded_at desc, event_id desc, payload_hash"
# For `qualify`: one row per object, its newest version.
IS_NEWEST = f"row_number() over (partition by id order by {NEWEST_FIRST}) = 1"


def prepare(profile: Profile, tables: Iterable[str], replaced: Mapping[str, pa.Schema]) -> None:
    """Makes the warehouse file, its schemas, every raw table and every column of small tables not there yet."""
    profile.tenant_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{profile.warehouse}' AS warehouse (STORAGE_VERSION 'latest')")
        for schema in (profile.dataset, profile.operations_dataset):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS warehouse.{schema}")
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        for table in tables:
            connection.execute(f"CREATE TABLE IF NOT EXISTS warehouse.{profile.dataset}.{table} ({columns})")
        for name, arrow_schema in replaced.items():
            empty = arrow_schema.empty_table()
            connection.register("empty", empty)
            connection.execute(f"CREATE TABLE IF NOT EXISTS warehouse.{name} AS SELECT * FROM empty")
            for column, kind, *_ in connection.execute("DESCRIBE empty").fetchall():
                connection.execute(f"ALTER TABLE warehouse.{name} ADD COLUMN IF NOT EXISTS {column} {kind}")
            connection.unregister("empty")


def land(
    profile: Profile,
    parts: Mapping[str, Sequence[Path]],
    *,
    fully_read_at: Mapping[str, datetime],
    now: datetime,
    read_at: datetime | None = None,
    keep_reads: bool = False,
) -> dict[str, int]:
    """Appends what the parts hold and the warehouse has not; returns the number of new versions per table.

    `fully_read_at` is when a table had last been read whole before these parts; `now` is stored with restated rows.
    `read_at` is the time of reads that do not state their own.
    `keep_reads` lands reads that confirm what is newest too: they settle a doubt and must stand against later events.
    Raises DiskFullError, or IngestionError for another failure of the load; the parts stay in both cases.
    """
    chosen: dict[str, list[Path]] = {}
    for table, paths in parts.items():
        if paths:
            chosen[table] = _new_versions(
                profile, table, list(paths), fully_read_at.get(table), now, read_at=read_at, keep_reads=keep_reads
            )
    imported = {table: [p for p in paths if _row_count(p)] for table, paths in chosen.items()}
    imported = {table: paths for table, paths in imported.items() if paths}
    if imported:
        _run(profile, _versions(imported))
    return {table: sum(_row_count(path) for path in paths) for table, paths in imported.items()}


def replace(profile: Profile, dataset: str, tables: Mapping[str, pa.Table]) -> None:
    """Replaces whole small tables, all of them or none: states and settings, never history.

    Not by dlt, which truncates and fills in steps: a kill between them would forget what had been read.
    """
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.begin()
        for name, table in tables.items():
            connection.register("replacement", table)
            connection.execute(f"DELETE FROM {dataset}.{name}")
            connection.execute(f"INSERT INTO {dataset}.{name} BY NAME SELECT * FROM replacement")
            connection.unregister("replacement")
        connection.commit()


def read(profile: Profile, sql: str) -> list[dict[str, Any]]:
    """Rows of the warehouse; empty where there is no warehouse yet."""
    if not profile.warehouse.exists():
        return []
    with duckdb.connect(str(profile.warehouse)) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _row_count(path: Path) -> int:
    return int(pq.ParquetFile(path).metadata.num_rows)


@dlt.source(name="versions")
def _versions(parts: Mapping[str, Sequence[Path]]) -> Iterator[Any]:
    columns: Any = {
        name: {"data_type": "timestamp", "timezone": False, "precision": 6}
        if kind == "TIMESTAMP"
        else {"data_type": "text"}
        for name, kind in COLUMNS.items()
    }
    for table, paths in parts.items():
        yield dlt.resource(_imports(paths), name=table, write_disposition="append", columns=columns)


def _imports(paths: Sequence[Path]) -> Iterator[Any]:
    for path in paths:
        yield dlt.mark.with_file_import(str(path), "parquet", _row_count(path))


def _run(profile: Profile, data: Any) -> LoadInfo:
    pipelines = profile.pipelines_dir
    shutil.rmtree(pipelines, ignore_errors=True)
    # Nothing of a pipeline's state is used: the tables are ours, and what has landed is compared before.
    dlt.config["restore_from_destination"] = False
    dlt.config["load.workers"] = 1
    dlt.config["load.raise_on_failed_jobs"] = True
    credentials = DuckDbCredentials(str(profile.warehouse))
    credentials.global_config = {"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False}
    pipeline = dlt.pipeline(
        pipeline_name=f"{profile.tenant_id}_{profile.dataset}",
        pipelines_dir=str(pipelines),
        destination=dlt.destinations.duckdb(credentials),
        dataset_name=profile.dataset,
    )
    try:
        return pipeline.run(data)
    except PipelineStepFailed as error:
        raise _typed(profile, error) from error
    except OSError as error:
        raise _typed(profile, error) from error
    finally:
        shutil.rmtree(pipelines, ignore_errors=True)


def _typed(profile: Profile, error: Exception) -> IngestionError:
    text = str(error)
    if "No space left" in text or "not enough space" in text.lower():
        return disk_full(profile)
    return IngestionError(f"loading into {profile.warehouse} failed, nothing is lost, run again: {text}")


def disk_full(profile: Profile) -> DiskFullError:
    """The error for a full disk, wherever it is noticed."""
    return DiskFullError(
        f"the disk of {profile.home} is full: free some space (or set LEAKS_HOME to a larger disk) and run again; "
        "what had landed is kept and what was read so far is not read again"
    )


def _new_versions(
    profile: Profile,
    table: str,
    paths: list[Path],
    fully_read_at: datetime | None,
    now: datetime,
    *,
    read_at: datetime | None,
    keep_reads: bool,
) -> list[Path]:
    """The parts themselves where all their rows are new, else one part with those that are."""
    raw = f"{profile.dataset}.{table}"
    with duckdb.connect(str(profile.warehouse), config={"memory_limit": MEMORY_LIMIT}) as connection:
        files = [str(path) for path in paths]
        connection.execute("SET preserve_insertion_order = false")
        version_at = "version_at" if read_at is None else f"coalesce(version_at, {_literal(read_at)})"
        parts = (
            f"(select * replace ({version_at} as version_at), file_index, file_row_number from read_parquet({files!r}))"
        )
        rows, ids, known = _one(
            connection,
            f"""
            select count(*), count(distinct id), (select count(*) from {raw} semi join {parts} using (id))
            from {parts}
            """,
        )
        target = paths[0].parent / "new" / f"{table}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(COLUMNS)
        is_all_new = known == 0 and rows == ids
        if is_all_new and read_at is None:
            return _merged(connection, paths, target, columns)
        chosen = f"select {columns} from {parts}"
        if not is_all_new:
            connection.execute("create temp table kept (file_index ubigint, file_row_number bigint)")
            connection.execute("create temp table late (id varchar, version_at timestamp, payload_hash varchar)")
            shares = math.ceil((rows + known) / ROWS_COMPARED_AT_ONCE)
            for share in range(shares):
                _compare(connection, raw, parts, f"hash(id) % {shares} = {share}", keep_reads=keep_reads)
            chosen += " where (file_index, file_row_number) in (from kept)"
            chosen += _restated(raw, columns, fully_read_at, now)
        connection.execute(f"copy ({chosen}) to '{target}' {PART_FORMAT}")
        return [target]


def _compare(connection: duckdb.DuckDBPyConnection, raw: str, parts: str, share: str, *, keep_reads: bool) -> None:
    """Fills `kept` with the places of the versions to land and `late` with the events among them, of some ids.

    Payloads are not touched, and hashes compared as numbers, so that an account of any size fits into memory.
    """
    state = "id, version_at, payload_hash::uuid as state, source <> 'event' as is_read, event_id, loaded_at"
    connection.execute(
        f"create or replace temp table known as select {state} from {raw} "
        f"where {share} and id in (select id from {parts} where {share})"
    )
    connection.execute(
        f"""
        create or replace temp table fresh as
        select {state}, file_index, file_row_number
        from {parts}
        where {share}
        qualify row_number() over (
            partition by id, version_at, state, is_read order by file_index, file_row_number
        ) = 1
        """
    )
    confirms = "false" if keep_reads else "is_read and state_before is not distinct from state"
    connection.execute(
        f"""
        insert into kept
        select file_index, file_row_number from (
            select *, lag(state) over (
                partition by id order by version_at, is_read, loaded_at, event_id, state desc
            ) as state_before
            from (
                select * from fresh anti join known using (id, version_at, state, is_read)
                union all by name
                select * from known
            )
        ) where file_index is not null and not ({confirms})
        """
    )
    connection.execute(
        """
        insert into late
        select id, version_at, replace(state::varchar, '-', '')
        from fresh anti join known using (id, version_at, state, is_read)
        where not is_read
        """
    )


def _merged(connection: duckdb.DuckDBPyConnection, paths: list[Path], target: Path, columns: str) -> list[Path]:
    """Small parts as one: dlt imports each file by an insert of its own, which costs much where rows are few."""
    small = [str(path) for path in paths if _row_count(path) < MERGED_BELOW_ROWS]
    if len(small) < 2:
        return paths
    connection.execute(
        f"copy (select {columns} from read_parquet({small!r})) to '{target}' (format parquet, compression lz4)"
    )
    return [target, *(path for path in paths if str(path) not in set(small))]


def _restated(raw: str, columns: str, fully_read_at: datetime | None, now: datetime) -> str:
    if fully_read_at is None:
        return ""
    moment = _literal(fully_read_at)
    replaced = (
        columns.replace("version_at", f"{moment} as version_at")
        .replace("source", "if(source = 'event', 'api', source) as source")
        .replace("event_id", "null as event_id")
        .replace("loaded_at", f"{_literal(now)} as loaded_at")
    )
    return f"""
        union all
        select {replaced} from (
            select r.*, row_number() over (partition by id order by {NEWEST_FIRST}) as age
            from {raw} as r
            where id in (select id from late where version_at < {moment})
        ) as newest
        where age = 1 and version_at < {moment} and exists (
            select 1 from late
            where late.id = newest.id and late.version_at >= newest.version_at
                and late.version_at < {moment} and late.payload_hash <> newest.payload_hash
        )
    """


def _literal(moment: datetime) -> str:
    return f"timestamp '{moment.replace(tzinfo=None).isoformat(sep=' ')}'"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None, "an aggregate returns one row"  # noqa: S101
    return row


def read_quarantine(profile: Profile) -> list[tuple[quarantine.Quarantined, datetime]]:
    """What is in quarantine now, with the time each row was first refused."""
    rows = read(profile, f"select * exclude (tenant_id) from {profile.dataset}.quarantine")
    return [
        (quarantine.Quarantined(**{k: v for k, v in r.items() if k != "quarantined_at"}), r["quarantined_at"])
        for r in rows
    ]


def still_refused(
    profile: Profile, rows: Iterable[tuple[quarantine.Quarantined, datetime]]
) -> list[tuple[quarantine.Quarantined, datetime]]:
    """Quarantined rows less those whose object has landed since, mended by its source."""
    rows = list(rows)
    mended: set[tuple[str, str]] = set()
    for resource in {row.resource for row, _ in rows if row.id}:
        ids = {row.id: first_at for row, first_at in rows if row.resource == resource and row.id}
        with duckdb.connect(str(profile.warehouse)) as connection:
            landed = connection.execute(
                f"select id, max(loaded_at) from {profile.dataset}.{resource} "
                "where list_contains($ids, id) group by id",
                {"ids": list(ids)},
            ).fetchall()
        mended |= {(resource, id) for id, loaded_at in landed if loaded_at > ids[id]}
    return [(row, first_at) for row, first_at in rows if (row.resource, row.id) not in mended]
