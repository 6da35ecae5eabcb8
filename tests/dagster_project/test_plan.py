"""What a run builds follows from what is asked, what has landed and what is published."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dagster_project.landed import Landed
from dagster_project.plan import Plan, decide, describe

PRESENT = datetime(2026, 10, 1, 12, tzinfo=UTC)
INPUTS = {"landed": "l", "policy": "p", "project": "d", "mode": "live"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "published-1.duckdb").touch()
    text = {
        "file": "published-1.duckdb",
        "n": 1,
        "as_of": "2026-10-01T12:00:00Z",
        "published_at": "2026-10-01T12:01:00Z",
        "inputs": INPUTS,
    }
    (tmp_path / "published.json").write_text(json.dumps(text))
    return tmp_path


def plan(folder: Path, source_now: datetime = PRESENT, *, landed: str = "l", **how: object) -> Plan:
    asked = {"as_of": None, "full": False, "policy_version": "p", "project_version": "d", **how}
    return decide(folder, Landed(source_now, "live", landed), **asked)  # type: ignore[arg-type]


def test_a_new_home_builds_everything_as_of_the_sources_own_clock(tmp_path: Path) -> None:
    made = plan(tmp_path)
    assert (made.as_of, made.schema, made.is_present) == (PRESENT, "main", True)
    assert made.is_needed
    assert made.is_full_pass
    assert made.is_full_refresh


def test_on_a_home_without_present_the_moment_asked_for_becomes_it(tmp_path: Path) -> None:
    asked = PRESENT - timedelta(days=40)
    made = plan(tmp_path, as_of=asked)
    assert (made.as_of, made.schema, made.is_present) == (asked, "main", True)


@pytest.mark.parametrize("days", [-30, 30])
def test_any_other_moment_is_built_beside_the_present(folder: Path, days: int) -> None:
    made = plan(folder, as_of=PRESENT + timedelta(days=days))
    assert not made.is_present
    assert made.schema == f"as_of_{made.as_of:%Y%m%dt%H%M%Sz}"
    assert made.is_full_refresh


def test_asking_for_the_present_itself_is_a_normal_run(folder: Path) -> None:
    made = plan(folder, as_of=PRESENT)
    assert made.is_present
    assert not made.is_needed


def test_with_nothing_new_nothing_is_built(folder: Path) -> None:
    made = plan(folder)
    assert not made.is_needed
    assert describe(made) == "nothing new since 2026-10-01T12:00:00Z"


def test_minutes_alone_make_no_leak_but_hours_are_a_new_look(folder: Path) -> None:
    assert not plan(folder, PRESENT + timedelta(minutes=10)).is_needed
    assert plan(folder, PRESENT + timedelta(hours=2)).is_needed


def test_what_landed_is_built_for_the_customers_it_touched(folder: Path) -> None:
    made = plan(folder, PRESENT + timedelta(hours=1), landed="more")
    assert (made.is_needed, made.is_full_pass, made.is_full_refresh) == (True, False, False)


def test_the_first_run_of_a_day_looks_at_every_customer(folder: Path) -> None:
    made = plan(folder, PRESENT + timedelta(days=1))
    assert (made.is_full_pass, made.is_full_refresh) == (True, False)


def test_a_new_policy_looks_at_every_customer(folder: Path) -> None:
    made = plan(folder, policy_version="other")
    assert (made.is_needed, made.is_full_pass, made.is_full_refresh) == (True, True, False)


@pytest.mark.parametrize("how", [{"project_version": "other"}, {"full": True}])
def test_new_models_and_full_rebuild_every_table(folder: Path, how: dict[str, object]) -> None:
    made = plan(folder, **how)
    assert (made.is_needed, made.is_full_pass, made.is_full_refresh) == (True, True, True)


def test_a_source_whose_clock_went_back_is_built_from_nothing(folder: Path) -> None:
    made = plan(folder, PRESENT - timedelta(days=1))
    assert (made.is_needed, made.is_full_refresh) == (True, True)


def test_a_published_file_that_is_gone_is_built_again(folder: Path) -> None:
    (folder / "published-1.duckdb").unlink()
    assert plan(folder).is_needed


def test_the_daily_full_pass_never_says_nothing_new(folder: Path) -> None:
    made = plan(folder, full_pass=True)
    assert (made.is_needed, made.is_full_pass, made.is_full_refresh) == (True, True, False)
