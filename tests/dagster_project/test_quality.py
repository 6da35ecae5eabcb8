"""The quality gate inside a run: what it warns of is published, what is suspect is not, and people can read both."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import dagster as dg
import pytest

from revops.warehouse import Published
from tests.cli.conftest import start
from tests.ingestion.landed import write_lines
from tests.ingestion.quality_home import NOW, SECOND, sound

pytestmark = [
    pytest.mark.pipeline,
    # Dagster reads pydantic's old names.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
]
Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quality")
    sound(folder / "ours", range(30))
    product = {"object": "product", "livemode": True, "active": True, "name": "Plan", "created": SECOND, "metadata": {}}
    ahead = int((NOW + timedelta(days=9)).timestamp())
    write_lines(
        folder / "ours" / "product.jsonl",
        [{"id": "prod_1", **product}, {"id": "prod_2", **product, "created": ahead}],
    )
    sound(folder / "theirs", range(1000, 1030))
    return folder


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    def run_leaks(*arguments: str, export: str = "ours", at: str = "2026-10-01T12:00:00Z") -> "CompletedProcess[str]":
        return start(
            place,
            *arguments,
            LEAKS_HOME=str(place / "home"),
            STRIPE_EXPORT=str(place / export),
            STRIPE_EXPORT_AT=at,
        )

    return run_leaks


@pytest.fixture(scope="module")
def first(run: Run) -> "CompletedProcess[str]":
    done = run("run")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def stopped(first: "CompletedProcess[str]", run: Run) -> "CompletedProcess[str]":
    return run("run", export="theirs", at="2026-10-02T12:00:00Z")


def published(place: Path, sql: str) -> list[dict[str, Any]]:
    with Published.open(place / "home") as present:
        return [{"n": present.n, **row} for row in present.query(sql)]


def evaluations(place: Path, table: str) -> list[Any]:
    """What Dagster keeps of a table's check, newest first."""
    with dg.DagsterInstance.from_config(str(place / "home" / "dagster")) as instance:
        key = dg.AssetCheckKey(dg.AssetKey(["stripe", table]), "what_landed")
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
        found = [record.event.dagster_event.event_specific_data for record in records if record.event is not None]
    return [evaluation for evaluation in found if hasattr(evaluation, "passed")]


def test_a_row_at_fault_is_told_in_one_line_and_the_rest_is_published(
    first: "CompletedProcess[str]", place: Path
) -> None:
    lines = [line for line in first.stderr.splitlines() if line.startswith("warning:")]
    assert lines == [
        "warning: product: times_are_plausible: 1 with 2026-10-10 of 2 rows, put aside in quarantine (prod_2); "
        "expected `created` from 2010 to the day after the source's clock"
    ]
    assert published(place, "select count(*) as customers from customers")[0]["customers"] == 30
    (row,) = published(place, "select resource, id, origin from quarantined")
    assert (row["resource"], row["id"], row["origin"]) == ("product", "prod_2", "quality gate")


def test_the_results_are_public(first: "CompletedProcess[str]", place: Path) -> None:
    rows = published(place, "select * from quality_results where not is_passed")
    assert [(row["resource"], row["expectation"], row["severity"]) for row in rows] == [
        ("product", "times_are_plausible", "warning")
    ]
    assert json.loads(rows[0]["sample"]) == ["prod_2"]
    assert published(place, "select count(*) as passed from quality_results where is_passed")[0]["passed"] > 30


def test_a_suspect_landing_ends_the_run_before_dbt_and_the_old_publication_stays(
    stopped: "CompletedProcess[str]", place: Path
) -> None:
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert "critical: customer: 0% of the 30 customers known before" in stopped.stderr
    assert "a LEAKS_HOME of its own" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert "building models" not in stopped.stderr
    (row,) = published(place, "select count(*) as customers from customers")
    assert row == {"n": 1, "customers": 30}


def test_dagster_shows_what_failed_with_what_was_expected(stopped: "CompletedProcess[str]", place: Path) -> None:
    newest, before = evaluations(place, "customer")
    assert (newest.passed, newest.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert before.passed
    table = newest.metadata["expectations"].value
    assert "| account_is_familiar | critical | 0% of the 30 customers" in table
    assert "| ids_are_present | met |" in table
    nothing, product = evaluations(place, "product")
    assert (product.passed, product.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (nothing.passed, nothing.description) == (True, "nothing new landed in it")


def test_afterwards_the_right_export_has_nothing_new_and_the_other_can_be_accepted(
    stopped: "CompletedProcess[str]", run: Run, place: Path
) -> None:
    again = run("run")
    assert again.returncode == 0, again.stderr
    assert "nothing new since the last run" in again.stdout
    accepted = run("run", "--accept", export="theirs", at="2026-10-02T12:00:00Z")
    assert accepted.returncode == 0, accepted.stderr
    assert "critical: customer: 0% of the 30 customers known before" in accepted.stderr
    (row,) = published(place, "select count(*) as customers from customers")
    assert row == {"n": 2, "customers": 60}
