"""The lines of the last export, so that the next one is read in seconds: most of its lines are the same.

A line that is byte for byte what the last export said of an object need not be parsed, provided that nothing else has
been heard of the object since: an object that changed and changed back has the same line again, and that must land.
So every line is kept as its hash with the object's id, and is *trusted* only while no version of the object landed
later than the line did.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.profile import Profile

TABLE = "export_lines"
SCHEMA = pa.schema(
    [
        ("resource", pa.string()),
        ("line_hash", pa.binary(16)),
        ("id", pa.string()),
        ("newest_moment", pa.int64()),
        ("loaded_at", pa.timestamp("us")),
    ]
)
# Each reading process holds a resource's lines in memory, about 150 bytes a line.
LINES_TRUSTED = 3_000_000
_FLUSHED_ROWS = 100_000


def hash_of(line: bytes) -> bytes:
    """What a line is remembered by: half of its SHA-256."""
    return sha256(line).digest()[:16]


@dataclass
class LineWriter:
    """Writes the lines that were parsed beside their parts."""

    path: Path
    resource: str
    loaded_at: datetime

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self.path, SCHEMA, compression="lz4", use_dictionary=["resource"])
        self._rows: list[tuple[bytes, str, int]] = []
        return self

    def add(self, line_hash: bytes, id: str, newest_moment: int) -> None:
        """Notes the line of an object that lands."""
        self._rows.append((line_hash, id, newest_moment))
        if len(self._rows) >= _FLUSHED_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            hashes, ids, moments = zip(*self._rows, strict=True)
            count = len(self._rows)
            self._writer.write_batch(
                pa.record_batch(
                    [
                        pa.array([self.resource] * count),
                        pa.array(hashes, pa.binary(16)),
                        pa.array(ids),
                        pa.array(moments, pa.int64()),
                        pa.array([self.loaded_at] * count, pa.timestamp("us")),
                    ],
                    schema=SCHEMA,
                )
            )
            self._rows = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.close()


def newest_moment(profile: Profile, resources: list[str]) -> int:
    """The newest moment (seconds since 1970) that the remembered lines of some resources tell of; 0 without any."""
    with duckdb.connect(str(profile.warehouse)) as connection:
        found = connection.execute(
            f"select coalesce(max(newest_moment), 0) from {profile.dataset}.{TABLE} "
            "where list_contains($names, resource)",
            {"names": resources},
        ).fetchone()
    return int(found[0]) if found else 0


def is_empty(profile: Profile) -> bool:
    """Whether no export has been read into this warehouse yet."""
    with duckdb.connect(str(profile.warehouse)) as connection:
        return connection.execute(f"select 1 from {profile.dataset}.{TABLE} limit 1").fetchone() is None


def trusted(profile: Profile, resource: str, carried: list[Path], folder: Path) -> Path | None:
    """Writes the lines of a resource that need not be parsed to a file; None where there are none.

    `carried` are parts with versions of the same objects that events brought in this very landing.
    """
    path = folder / f"{resource}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.execute("create temp table heard (id varchar)")
        if carried:
            connection.execute(
                "insert into heard select distinct id from read_parquet($files) where source = 'event'",
                {"files": [str(part) for part in carried]},
            )
        connection.execute(
            f"""
            create temp table line as
            select unhex(replace(line_hash::varchar, '-', '')) as line_hash, newest_moment
            from {profile.dataset}.{TABLE} as lines
            where resource = $resource
                and id not in (from heard)
                -- Two states of one object in one export: which of them the next export repeats says which is true.
                and id not in (
                    select id from {profile.dataset}.{TABLE} where resource = $resource
                    group by id having count(distinct line_hash) > 1
                )
                and not exists (
                    select 1 from {profile.dataset}.{resource} as versions
                    where versions.id = lines.id and versions.loaded_at > lines.loaded_at
                )
            """,
            {"resource": resource},
        )
        found = connection.execute("select count(*) from line").fetchone()
        if found is None or not 0 < found[0] <= LINES_TRUSTED:
            return None
        connection.execute(f"copy line to '{path}' (format parquet, compression lz4)")
    return path


@lru_cache(maxsize=1)
def read_trusted(path: Path) -> dict[bytes, int]:
    """Trusted lines by hash, with the newest moment (seconds since 1970) that each tells of.

    Kept for the next chunk of the same file, so `path` must be another in every landing.
    """
    table = pq.read_table(path)
    return dict(zip(table["line_hash"].to_pylist(), table["newest_moment"].to_pylist(), strict=True))


def remember(profile: Profile, files: list[Path]) -> None:
    """Keeps the lines in `files` in place of older lines of the same objects; after their versions have landed."""
    if not files:
        return
    with duckdb.connect(str(profile.warehouse), config={"memory_limit": "700MB"}) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.begin()
        connection.execute(
            f"delete from {profile.dataset}.{TABLE} where (resource, id) in (select resource, id from "
            "read_parquet($files))",
            {"files": [str(file) for file in files]},
        )
        connection.execute(
            f"insert into {profile.dataset}.{TABLE} "
            "select $tenant, resource, hex(line_hash)::uuid, id, newest_moment, loaded_at from read_parquet($files)",
            {"files": [str(file) for file in files], "tenant": profile.tenant_id},
        )
        connection.commit()


def prepare(profile: Profile) -> None:
    """Makes the table if it is not there yet."""
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.execute(
            f"create table if not exists {profile.dataset}.{TABLE} (tenant_id varchar, resource varchar, "
            "line_hash uuid, id varchar, newest_moment bigint, loaded_at timestamp)"
        )
