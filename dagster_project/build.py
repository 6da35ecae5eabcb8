"""One dbt build: which arguments a plan means, and what to say when it fails."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster_project.moments import iso
from dagster_project.plan import Plan

_SHOWN = 5
_NOT_IN_EVERY_RUN = (
    "test_name:not_null",
    "test_name:accepted_values",
    "test_name:relationships",
    "test_name:unique,path:models/staging",
    "test_name:unique,path:seeds",
)


class BuildError(Exception):
    """dbt stopped; what was published before stays."""


def arguments(plan: Plan) -> list[str]:
    """The dbt command of a plan.

    Unit tests are about the code, not the data: `make test` runs them. What keeps money from counting twice
    is tested in every run: unique keys of marts and leaks, and the claims in tests/. The rest (columns that
    are never null, known values, relations, keys of staging) repeats what the enforced contracts and landing
    assure, and runs in the daily full pass and with --full.
    """
    values = {"as_of": iso(plan.as_of), "full_pass": plan.is_full_pass}
    command = ["build", "--vars", json.dumps(values), "--exclude-resource-type", "unit_test"]
    # Without a rebuild the project is the same as at the last publication, so its seeds are loaded already.
    command += ["--full-refresh"] if plan.is_full_refresh else ["--exclude-resource-type", "seed"]
    return command if plan.is_thorough else [*command, "--exclude", " ".join(_NOT_IN_EVERY_RUN)]


@contextmanager
def environment(warehouse: Path, plan: Plan) -> Iterator[None]:
    """What dbt's profile reads, for the time of starting it."""
    wanted = {"LEAKS_WAREHOUSE": str(warehouse), "LEAKS_SCHEMA": plan.schema, "DO_NOT_TRACK": "1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def fresh_target(tenant_dir: Path) -> Path:
    """An empty folder for dbt's artefacts: those of the last build only."""
    target = tenant_dir / "dbt"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    return target


def failures(target: Path) -> list[str]:
    """`model: message` of every node that failed, from dbt's run results; empty when there are none."""
    try:
        results: list[dict[str, Any]] = json.loads((target / "run_results.json").read_bytes())["results"]
    except (OSError, ValueError, KeyError):
        return []
    return [
        f"{result['unique_id'].split('.', 2)[-1]}: {(result.get('message') or result['status']).strip()}"
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    ]


def explain(target: Path, output: str) -> BuildError:
    """The error to raise for a failed build; `output` is dbt's own text, used when there are no results."""
    failed = failures(target)
    text = "\n".join(f"  {line}" for line in failed[:_SHOWN]) or output.strip()
    more = f"\n  and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
    return BuildError(
        f"dbt stopped, nothing was published and the last publication stays:\n{text}{more}\n"
        f"dbt's log is {target / 'dbt.log'}; after mending it, run `leaks run --full`."
    )
