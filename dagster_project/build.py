"""One dbt build: which arguments a plan means, and what to say when it fails."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dagster_project.manifest import PROJECT_DIR
from dagster_project.moments import iso
from dagster_project.plan import Plan

_SHOWN = 5


class BuildError(Exception):
    """dbt stopped; what was published before stays."""


def arguments(plan: Plan) -> list[str]:
    """The dbt command of a plan.

    Unit tests are about the code, not the data: `make test` runs them. Data tests of public models and of
    what a detector stands on run each time; those tagged `thorough` only when everything is built.
    """
    values = {"as_of": iso(plan.as_of), "full_pass": plan.is_full_pass}
    command = ["build", "--vars", json.dumps(values), "--exclude-resource-type", "unit_test"]
    if plan.is_full_refresh:
        return [*command, "--full-refresh"]
    # The project is the same as at the last publication, so its seeds are loaded already.
    return [*command, "--exclude-resource-type", "seed", "--exclude", "tag:thorough"]


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
    """An empty folder for dbt's artefacts, with the parsed project from set-up in it to parse less."""
    target = tenant_dir / "dbt"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with suppress(FileNotFoundError):
        shutil.copy(PROJECT_DIR / "target" / "partial_parse.msgpack", target)
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
