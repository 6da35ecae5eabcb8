"""The only door to the published warehouse.

A published file never changes: a run writes `published-<n>.duckdb` and replaces the pointer
`published.json` last. Between runs, batches of events publish findings only: `findings-<n>-<k>.duckdb`
holds the tables of the leaks anew, and readers see them in place of those of the publication. A reader
opens one n and keeps it to the end of its page; the open file outlives its deletion. Nothing is cached
between uses, because a kept handle would go on showing an old file.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from revops.domain.tenant_id import check_tenant_id
from revops.errors import RevopsError
from revops.settings import TENANT

if TYPE_CHECKING:  # half the start-up of a command that needs no table of it
    import pyarrow as pa

POINTER = "published.json"
_OPEN_TRIES = 5

# No file, network or extension beyond the published file: a query shows what was published, nothing else.
_READER_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class NothingPublishedError(RevopsError):
    """There is no published file yet, or not for the time asked for."""


class PublishedFileError(RevopsError):
    """The pointer or the file it names cannot be read."""


class QueryError(RevopsError):
    """The SQL was refused; the text is DuckDB's own explanation."""

    exit_code = 2


@dataclass(frozen=True)
class Findings:
    """Tables of the leaks that are newer than the publication they belong to."""

    path: Path
    as_of: datetime
    published_at: datetime


@dataclass(frozen=True)
class Pointer:
    """What `published.json` says."""

    path: Path
    n: int
    as_of: datetime
    published_at: datetime
    findings: Findings | None = None

    @property
    def newest(self) -> "Pointer | Findings":
        """Whichever was published last: it says when, and as of when."""
        return self.findings or self


@dataclass(frozen=True)
class Result:
    """Rows of one query; money stays integer, timestamps are naive UTC datetimes."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


class Published:
    """One published file, open for reading; get it from `Published.open`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, pointer: Pointer) -> None:
        self._connection = connection
        self.pointer = pointer

    @classmethod
    @contextmanager
    def open(cls, home: Path, as_of: datetime | None = None, tenant: str = TENANT) -> "Iterator[Published]":
        """Open the newest published file of a tenant, or the one built for a past `as_of` (UTC).

        Raises NothingPublishedError, PublishedFileError, and TenantError for what cannot be a tenant's id.
        """
        check_tenant_id(tenant)
        connection, pointer = _connect(home / tenant, as_of)
        try:
            yield cls(connection, pointer)
        finally:
            connection.close()

    @classmethod
    @contextmanager
    def reopen(cls, pointer: Pointer) -> "Iterator[Published]":
        """Open the file that was open before, not the newest. Raises PublishedFileError where it is gone."""
        try:
            connection = _reader(pointer)
        except duckdb.Error as error:
            raise PublishedFileError(
                f"{pointer.path.name} is gone: the figures were published anew. Reload the page and try again."
            ) from error
        try:
            yield cls(connection, pointer)
        finally:
            connection.close()

    @property
    def path(self) -> Path:
        """The file that is open."""
        return self.pointer.path

    @property
    def n(self) -> int:
        """Number of the publication; it grows by one with each. 0 for a file of a past as_of."""
        return self.pointer.n

    @property
    def as_of(self) -> datetime:
        """The moment that the findings describe, aware UTC."""
        return self.pointer.newest.as_of

    @property
    def published_at(self) -> datetime:
        """When the newest of it was published, aware UTC."""
        return self.pointer.newest.published_at

    def query(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows as dictionaries. Raises QueryError."""
        result = self.execute(sql, params)
        return [dict(zip(result.columns, row, strict=True)) for row in result.rows]

    def arrow(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> "pa.Table":
        """The rows as an Arrow table, which outlives the open file. Raises QueryError."""
        try:
            return self._connection.execute(sql, params).to_arrow_table()
        except duckdb.Error as error:
            raise QueryError(str(error)) from error

    def add(self, name: str, table: "pa.Table") -> None:
        """Let queries of this open file read an Arrow table by a name."""
        self._connection.register(name, table)

    def execute(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> Result:
        """Column names and rows, also for columns that share a name. Raises QueryError."""
        try:
            cursor = self._connection.execute(sql, params)
            if cursor.description is None:
                return Result([], [])
            return Result([column[0] for column in cursor.description], cursor.fetchall())
        except duckdb.Error as error:
            raise QueryError(str(error)) from error


def read_pointer(tenant_dir: Path) -> Pointer:
    """What is published now. Raises NothingPublishedError and PublishedFileError."""
    path = tenant_dir / POINTER
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Pointer(
            path=tenant_dir / str(content["file"]),
            n=int(content["n"]),
            as_of=_utc(content["as_of"]),
            published_at=_utc(content["published_at"]),
            findings=_findings(tenant_dir, content.get("findings")),
        )
    except FileNotFoundError as error:
        raise NothingPublishedError(f"Nothing is published in {tenant_dir}. Run `leaks run` first.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PublishedFileError(f"{path} cannot be read ({error}). Run `leaks run` to write it again.") from error


def _findings(tenant_dir: Path, content: dict[str, str] | None) -> Findings | None:
    if content is None:
        return None
    path = tenant_dir / content["file"]
    return Findings(path, as_of=_utc(content["as_of"]), published_at=_utc(content["published_at"]))


def historic_path(tenant_dir: Path, as_of: datetime) -> Path:
    """Where a run for a past `as_of` (aware UTC) is published, beside the present."""
    return tenant_dir / f"as-of-{as_of:%Y%m%dT%H%M%SZ}.duckdb"


def historic_files(tenant_dir: Path) -> dict[datetime, Path]:
    """Every published past, by its as_of."""
    found = {}
    for path in sorted(tenant_dir.glob("as-of-*.duckdb")):
        match = re.fullmatch(r"as-of-(\d{8}T\d{6})Z\.duckdb", path.name)
        if match:
            found[datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)] = path
    return found


def _connect(tenant_dir: Path, as_of: datetime | None) -> tuple[duckdb.DuckDBPyConnection, Pointer]:
    failure: Exception | None = None
    # Between reading the pointer and opening its file, two publishes may have deleted it: read again.
    for _ in range(_OPEN_TRIES):
        pointer = _find(tenant_dir, as_of)
        try:
            return _reader(pointer), pointer
        except duckdb.Error as error:
            failure = error
    raise PublishedFileError(
        f"The published file in {tenant_dir} cannot be opened ({failure}). Run `leaks run` to publish again."
    )


def _reader(pointer: Pointer) -> duckdb.DuckDBPyConnection:
    if pointer.findings is None:
        connection = duckdb.connect(str(pointer.path), read_only=True, config=_READER_CONFIG)
    else:
        connection = _with_findings(pointer.path, pointer.findings.path)
    connection.execute("set TimeZone = 'UTC'")
    return connection


def _with_findings(published: Path, findings: Path) -> duckdb.DuckDBPyConnection:
    """Both files; a name means the table of the findings where they have one."""
    connection = duckdb.connect(config={**_READER_CONFIG, "enable_external_access": True})
    try:
        for name, path in (("published", published), ("findings", findings)):
            literal = str(path).replace("'", "''")
            connection.execute(f"attach '{literal}' as {name} (read_only)")
        connection.execute("set search_path = 'findings.main,published.main'")
        connection.execute("set enable_external_access = false")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def _find(tenant_dir: Path, as_of: datetime | None) -> Pointer:
    present = read_pointer(tenant_dir)
    if as_of is None or as_of == present.as_of:
        return present
    past = historic_files(tenant_dir)
    if as_of in past:
        path = past[as_of]
        written_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        return Pointer(path=path, n=0, as_of=as_of, published_at=written_at)
    known = ", ".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in sorted({*past, present.as_of}))
    raise NothingPublishedError(
        f"Nothing is published for {as_of:%Y-%m-%dT%H:%M:%SZ} (there is: {known}). "
        f"Run `leaks run --as-of {as_of:%Y-%m-%dT%H:%M:%SZ}` first."
    )


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
