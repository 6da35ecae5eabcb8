"""The only publisher: copies public models out of the working warehouse into a file for readers.

The working file is locked for everyone while a writer holds it, so readers get files of their own.
Order is what makes a kill harmless: write a hidden file, flush it, rename it to `published-<n>.duckdb`,
replace the pointer `published.json` last. Until that replacement the old publication is whole and the
pointer names it; afterwards the new one is. n-2 is deleted, n-1 stays for pages that are still reading.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from revops.warehouse import (
    POINTER,
    NothingPublishedError,
    PublishedFileError,
    historic_path,
    read_pointer,
)

_HIDDEN = ".publishing-"


class PublishError(Exception):
    """The new file could not be written; the old publication is untouched."""


@dataclass(frozen=True)
class PublicModel:
    """A model that readers get, with the descriptions that become comments of its table and columns."""

    name: str
    description: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Publication:
    """What was published: file, its number (0 for a past as_of) and rows by table."""

    path: Path
    n: int
    rows: Mapping[str, int]


def public_models(manifest: Mapping[str, Any]) -> list[PublicModel]:
    """Models and seeds with `meta: {public: true}`, by name."""
    found = [
        PublicModel(
            name=node["name"],
            description=node.get("description", ""),
            columns={name: column.get("description", "") for name, column in node["columns"].items()},
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and node["config"].get("meta", {}).get("public")
    ]
    return sorted(found, key=lambda model: model.name)


@contextmanager
def reading(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The working warehouse, read-only; only between writes of the run that holds the writer lock."""
    connection = duckdb.connect(str(warehouse), read_only=True)
    try:
        yield connection
    finally:
        connection.close()


def publish(
    tenant_dir: Path,
    warehouse: Path,
    models: Sequence[PublicModel],
    *,
    as_of: datetime,
    published_at: datetime,
    schema: str = "main",
    is_present: bool = True,
    inputs: Mapping[str, str] | None = None,
) -> Publication:
    """Copy `models` from `schema` of the working warehouse and make them what readers see.

    `as_of` and `published_at` are aware UTC. `inputs` is kept in the pointer, so that the next run can tell
    whether anything changed. A past as_of (`is_present=False`) gets a file of its own and leaves the pointer
    alone. The caller holds the writer lock. Raises PublishError.
    """
    _sweep(tenant_dir)
    n = _present_n(tenant_dir) + 1
    final = tenant_dir / f"published-{n}.duckdb" if is_present else historic_path(tenant_dir, as_of)
    hidden = tenant_dir / f"{_HIDDEN}{final.name}"
    try:
        rows = _copy(warehouse, schema, models, hidden)
        _flush(hidden)
        hidden.replace(final)
        if not is_present:
            _flush(tenant_dir)
            return Publication(final, 0, rows)
        pointer = {
            "file": final.name,
            "n": n,
            "as_of": _text(as_of),
            "published_at": _text(published_at),
            "inputs": dict(inputs or {}),
        }
        _point(tenant_dir, pointer)
    except (duckdb.Error, OSError) as error:
        _sweep(tenant_dir)
        raise PublishError(
            f"Nothing was published, the last publication stays: {error}. "
            "Run `leaks run --full` to build every table again; `leaks doctor` checks disk and folders."
        ) from error
    _delete_old(tenant_dir, n)
    return Publication(final, n, rows)


def publish_findings(
    tenant_dir: Path, warehouse: Path, models: Sequence[PublicModel], *, as_of: datetime, published_at: datetime
) -> Publication:
    """Copy the tables of the leaks beside the present publication, which stays as it is for all others.

    Milliseconds, where copying every table takes seconds. The caller holds the writer lock. Raises PublishError, and
    NothingPublishedError where there is no publication yet.
    """
    _sweep(tenant_dir)
    present = read_pointer(tenant_dir)
    pointer = json.loads((tenant_dir / POINTER).read_text(encoding="utf-8"))
    before = present.findings.path.name if present.findings else ""
    k = int(before.removesuffix(".duckdb").rpartition("-")[2]) + 1 if before else 1
    final = tenant_dir / f"findings-{present.n}-{k}.duckdb"
    hidden = tenant_dir / f"{_HIDDEN}{final.name}"
    try:
        rows = _copy(warehouse, "main", models, hidden)
        _flush(hidden)
        hidden.replace(final)
        described = {"file": final.name, "as_of": _text(as_of), "published_at": _text(published_at)}
        _point(tenant_dir, {**pointer, "findings": described})
    except (duckdb.Error, OSError) as error:
        _sweep(tenant_dir)
        raise PublishError(
            f"No findings were published, the last ones stay: {error}. "
            "Run `leaks run --full` to build every table again; `leaks doctor` checks disk and folders."
        ) from error
    for path in tenant_dir.glob("findings-*.duckdb"):
        if path.name not in (final.name, before):
            path.unlink(missing_ok=True)
    return Publication(final, present.n, rows)


def drop_schema(warehouse: Path, schema: str) -> None:
    """Forget the tables of a past as_of; its published file stays."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"drop schema if exists {_name(schema)} cascade")


def published_inputs(tenant_dir: Path) -> dict[str, str]:
    """What the present publication was built from; empty where there is none."""
    try:
        content = json.loads((tenant_dir / POINTER).read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in content.get("inputs", {}).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _point(tenant_dir: Path, pointer: Mapping[str, Any]) -> None:
    """Replace the pointer: from now on readers see what it names."""
    hidden = tenant_dir / f"{_HIDDEN}{POINTER}"
    hidden.write_text(json.dumps(pointer, indent=2) + "\n", encoding="utf-8")
    _flush(hidden)
    _flush(tenant_dir)
    hidden.replace(tenant_dir / POINTER)
    _flush(tenant_dir)


def _copy(warehouse: Path, schema: str, models: Sequence[PublicModel], target: Path) -> dict[str, int]:
    # Views name the database that they were made in, which is that of its file.
    working = _name(warehouse.stem)
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute(f"attach {_literal(str(warehouse))} as {working} (read_only)")
        connection.execute(f"attach {_literal(str(target))} as published")
        rows = {}
        for model in models:
            name = _name(model.name)
            source = f"{working}.{_name(schema)}.{name}"
            connection.execute(f"create table published.main.{name} as select * from {source}")
            counted = connection.execute(f"select count(*) from published.main.{name}").fetchone()
            rows[model.name] = int(counted[0]) if counted else 0
            _comment(connection, model)
        connection.execute("detach published")
        connection.execute(f"detach {working}")
    return rows


def _comment(connection: duckdb.DuckDBPyConnection, model: PublicModel) -> None:
    table = f"published.main.{_name(model.name)}"
    if model.description:
        connection.execute(f"comment on table {table} is {_literal(model.description)}")
    found = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'published' and table_name = ?",
        [model.name],
    ).fetchall()
    existing = {str(row[0]) for row in found}
    for column, description in model.columns.items():
        if description and column in existing:
            connection.execute(f"comment on column {table}.{_name(column)} is {_literal(description)}")


def _present_n(tenant_dir: Path) -> int:
    try:
        return read_pointer(tenant_dir).n
    except NothingPublishedError:
        return 0
    except PublishedFileError:
        return max((n for n, _ in _numbered(tenant_dir)), default=0)


def _numbered(tenant_dir: Path) -> Iterator[tuple[int, Path]]:
    for path in tenant_dir.glob("published-*.duckdb"):
        match = re.fullmatch(r"published-(\d+)\.duckdb", path.name)
        if match:
            yield int(match[1]), path


def _delete_old(tenant_dir: Path, n: int) -> None:
    for number, path in list(_numbered(tenant_dir)):
        if number not in (n, n - 1):
            path.unlink(missing_ok=True)
    for path in tenant_dir.glob("findings-*.duckdb"):
        if not path.name.startswith(f"findings-{n - 1}-"):
            path.unlink(missing_ok=True)


def _sweep(tenant_dir: Path) -> None:
    """Remove what a killed publisher left; nobody reads hidden files."""
    for path in tenant_dir.glob(f"{_HIDDEN}*"):
        with suppress(OSError):
            path.unlink()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
