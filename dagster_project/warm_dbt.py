"""dbt kept warm in this process: starting it takes seconds, a few models after that less than one."""

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from dagster_project.build import BuildError
from dagster_project.manifest import PROJECT_DIR, manifest_path, parsed_project
from dagster_project.moments import iso

# dbt's adapter and flags belong to the process, so only one build runs at a time, whatever the tenant.
_one_at_a_time = Lock()


class WarmDbt:
    """Builds chosen models of the project as it is on disk; the project is parsed once."""

    def __init__(self) -> None:
        manifest_path()
        self._manifest: Manifest = Manifest.from_msgpack(parsed_project(PROJECT_DIR).read_bytes())
        self._manifest.build_flat_graph()  # type: ignore[no-untyped-call]

    def warm_up(self, models: Sequence[str]) -> None:
        """Compile models for a warehouse in memory: imports and macros cost the first command seconds."""
        with TemporaryDirectory() as target:
            self._invoke("compile", ":memory:", Path(target), models, {"as_of": iso(datetime.now(UTC))})

    def build_batch(self, warehouse: Path, target: Path, models: Sequence[str], as_of: datetime) -> None:
        """Builds `models` from the objects of the last delivered batch; raises BuildError.

        The caller holds the writer lock. Data tests are left to the runs that build everything.
        """
        variables = {"as_of": iso(as_of), "full_pass": False, "batch": True}
        done = self._invoke("run", str(warehouse), target, models, variables)
        if not done.success:
            raise BuildError(
                f"A batch of events could not be built, the last publication stays:\n{_why(done)}\n"
                "After mending it, run `leaks run --full`."
            )

    def _invoke(
        self, verb: str, warehouse: str, target: Path, models: Sequence[str], variables: Mapping[str, Any]
    ) -> dbtRunnerResult:
        arguments = [verb, "--select", *models, "--vars", json.dumps(variables), *_options(target)]
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.environ |= {"LEAKS_WAREHOUSE": warehouse, "LEAKS_SCHEMA": "main", "DO_NOT_TRACK": "1"}
            try:
                return dbtRunner(manifest=self._manifest).invoke(arguments)
            finally:
                release()


def release() -> None:
    """Close the warehouse, which dbt keeps open as long as its process lives; others wait for it."""
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager.env().close()
        DuckDBConnectionManager.close_all_connections()


def _options(target: Path) -> list[str]:
    return [
        *("--quiet", "--no-use-colors", "--no-write-json", "--no-send-anonymous-usage-stats"),
        # Its log would take a fifth of the time: what failed is in the results.
        *("--log-level", "none", "--log-level-file", "none"),
        *("--log-path", str(target), "--target-path", str(target)),
        *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
    ]


def _why(done: dbtRunnerResult) -> str:
    results = getattr(done.result, "results", None) or []
    failed = [f"  {one.node.name}: {one.message}" for one in results if one.status in ("error", "runtime error")]
    return "\n".join(failed) or f"  {done.exception}"
