"""Raw versions in, staged rows out: dbt over a tiny warehouse, parsed once for all of them."""

import json
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from dagster_project.warm_dbt import release
from tests.leaks.warehouse import DBT_PROJECT, Warehouse


def at(text: str) -> datetime:
    """The moment in an ISO text, UTC without saying so, as the warehouse keeps times."""
    return datetime.fromisoformat(text)


AS_OF = at("2026-10-01")
READ_AT = at("2026-09-30T18:00")

# Of a staged row, what tells when and how it got there instead of what it says.
BOOKKEEPING = ("loaded_at", "payload_hash")


@dataclass(frozen=True)
class Landed:
    """A version with everything that decides which one is newest."""

    resource: str
    payload: dict[str, Any]
    version_at: datetime
    source: str
    event_id: str | None
    loaded_at: datetime


class Staging(Warehouse):
    """A warehouse whose dbt runs share one parsed project; the file is always `warehouse.duckdb`."""

    def __init__(self, folder: Path) -> None:
        """Create the raw tables in `folder`."""
        super().__init__(folder / "warehouse.duckdb")

    def land_exactly(self, versions: Iterable[Landed]) -> None:
        """Append versions with every key as given."""
        for version in versions:
            text = json.dumps(version.payload, sort_keys=True)
            row = ["default", version.payload["id"], version.version_at, version.source, version.event_id]
            with self._connect() as connection:
                connection.execute(
                    f"INSERT INTO stripe.{version.resource} VALUES (?, ?, ?, ?, ?, NULL, ?, md5(?), ?)",
                    [*row, text, text, version.loaded_at],
                )

    def build(self, *select: str, as_of: datetime = AS_OF, full_refresh: bool = False) -> None:
        """Run the selected models. Raises AssertionError with dbt's own messages where one fails."""
        from dbt.cli.main import dbtRunner

        folder = self.path.parent / "dbt"
        arguments = ["--quiet", "--no-use-colors", "--log-path", str(folder), "build", *_paths(folder)]
        arguments += ["--vars", json.dumps({"as_of": as_of.isoformat()}), "--select", *select]
        arguments += ["--exclude-resource-type", "test", "unit_test"]
        with mock.patch.dict(os.environ, _environment(self.path)), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runner = dbtRunner(manifest=_manifest())
            result = runner.invoke([*arguments, *(["--full-refresh"] if full_refresh else [])])
            release()
        failures = [f"{run.node.name}: {run.message}" for run in getattr(result.result, "results", []) if run.message]
        assert result.success, "\n".join([*failures, str(result.exception or "")])

    def staged(self, model: str) -> list[dict[str, Any]]:
        """The rows of a model without their bookkeeping, in order."""
        columns = ", ".join(BOOKKEEPING)
        return self.query(f"SELECT * EXCLUDE ({columns}) FROM {model} ORDER BY ALL")


def _environment(path: Path) -> dict[str, str]:
    return {"LEAKS_WAREHOUSE": str(path), "LEAKS_SCHEMA": "main", "PROFILE": "duckdb"}


def _paths(folder: Path) -> list[str]:
    project = str(DBT_PROJECT)
    return ["--project-dir", project, "--profiles-dir", project, "--target-path", str(folder)]


@cache
def _manifest() -> Any:
    """The parsed project; parsing takes longer than any build here."""
    from tempfile import TemporaryDirectory

    from dbt.cli.main import dbtRunner

    with (
        TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, _environment(Path(folder) / "warehouse.duckdb")),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        result = dbtRunner().invoke(["--quiet", "--log-path", folder, "parse", *_paths(Path(folder))])
    assert result.success, str(result.exception)
    return result.result
