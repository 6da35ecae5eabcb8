"""`leaks run` on an export: the whole pipeline as a person starts it."""

import fcntl
import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from revops.warehouse import Published
from sandbox.simulator import Plan, write
from tests.cli.conftest import start

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("leaks_run")]

NOW = datetime(2026, 10, 1, tzinfo=UTC)
PUBLIC = {
    *("customers", "subscriptions", "invoices", "payments", "subscription_item_values", "fx_rates"),
    *("leak_findings", "finding_lines", "triage", "leak_resolutions", "leak_types"),
    *("data_coverage", "integration", "policy", "quarantined", "quality_results"),
    *("drift", "drift_objects", "webhook_endpoints"),
    *("customer_activity", "customer_usage_monthly", "product_usage_coverage", "unmatched_accounts"),
}
Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write(folder / "export", Plan(seed=5, customers=60, anchor=int(NOW.timestamp())))
    return folder


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    def run_leaks(*arguments: str, **environment: str) -> "CompletedProcess[str]":
        settings = {"LEAKS_HOME": str(place / "home"), "STRIPE_EXPORT": str(place / "export"), **environment}
        return start(place, *arguments, **{"STRIPE_EXPORT_AT": "2026-10-01T00:00:00Z", **settings})

    return run_leaks


@pytest.fixture(scope="module")
def first(run: Run) -> dict[str, Any]:
    done = run("run", "--format", "json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def alerts(result: dict[str, Any]) -> dict[str, int]:
    return {total["currency"]: total["alert_minor"] for total in result["totals"]}


def leaks(place: Path) -> list[tuple[object, ...]]:
    """Status, resolution and occurrence of the leaks in the store, with their number; proposed or not is one."""
    with closing(sqlite3.connect(place / "home" / "operations.db")) as store:
        return store.execute(
            "select case when closed_at is null then 'open' else status end, resolution, occurrence, count(*) "
            "from leaks group by 1, 2, 3 order by 1, 2, 3"
        ).fetchall()


def test_the_first_run_publishes_what_leaks_as_of_the_exports_time(first: dict[str, Any], place: Path) -> None:
    assert first["as_of"] == "2026-10-01T00:00:00Z"
    assert first["is_new"]
    assert {line["leak_type"] for line in first["findings"]} == {"unpaid_invoice"}
    assert alerts(first)["usd"] > 0
    with Published.open(place / "home") as published:
        assert published.n == 1
        counted = published.query(
            "select currency, sum(counted_minor)::bigint as minor from triage where is_alert group by all"
        )
    assert {row["currency"]: row["minor"] for row in counted} == alerts(first)


def test_readers_find_every_table_and_the_unit_of_every_amount(first: dict[str, Any], run: Run) -> None:
    tables = run("sql", "select table_name from duckdb_tables()", "--format", "csv").stdout.split()
    assert set(tables) >= PUBLIC
    sql = (
        "select table_name, column_name from duckdb_columns() where not internal "
        "and column_name like '%_minor' and table_name not like 'leaks%' "
        "and (comment is null or comment not ilike '%minor%')"
    )
    assert json.loads(run("sql", sql, "--format", "json").stdout) == []


def test_nothing_new_is_said_and_nothing_is_published(first: dict[str, Any], run: Run) -> None:
    done = run("run")
    assert done.returncode == 0, done.stderr
    assert "nothing new since the last run" in done.stdout
    assert "published-1.duckdb" in done.stdout


def test_a_past_moment_is_built_beside_and_the_present_stays(first: dict[str, Any], run: Run, place: Path) -> None:
    done = run("run", "--as-of", "2026-08-01", "--format", "json")
    assert done.returncode == 0, done.stderr
    past = json.loads(done.stdout)
    assert past["as_of"] == "2026-08-01T00:00:00Z"
    assert past["published_file"].endswith("as-of-20260801T000000Z.duckdb")
    with Published.open(place / "home") as present:
        assert (present.n, present.as_of) == (1, NOW)
    rows = run("sql", "select max(as_of) as as_of from leak_findings", "--as-of", "2026-08-01", "--format", "csv")
    assert rows.stdout == "as_of\n2026-08-01T00:00:00Z\n"


def test_a_policy_is_applied_at_the_next_run(first: dict[str, Any], run: Run, place: Path) -> None:
    policy = place / "policy.yml"
    policy.write_text("unpaid_invoice:\n  minimum_amount_minor: 100000000\n")
    done = run("run", "--format", "json", LEAKS_POLICY=str(policy))
    assert done.returncode == 0, done.stderr
    assert alerts(json.loads(done.stdout)) == {}
    found = sum(line["alerts"] + line["reviews"] for line in first["findings"])
    assert leaks(place) == [("open", None, "1", found)], "so much is withdrawn when somebody has agreed"
    question = re.findall(r"wd_[0-9a-f]+", done.stderr)[0]
    refused = run("withdrawals", "confirm", question)
    assert (refused.returncode, "has no role" in refused.stderr) == (2, True)
    assert run("people", "add", "--role", "admin").returncode == 0
    confirmed = run("withdrawals", "confirm", question)
    assert confirmed.stdout == f"{found} leaks are withdrawn.\n", confirmed.stderr
    assert leaks(place) == [("withdrawn", "withdrawn_by_definition", "1", found)]
    policy.write_text("{}\n")
    assert run("policy", "import", str(policy)).returncode == 0
    again = run("run", "--format", "json")
    assert alerts(json.loads(again.stdout)) == alerts(first)
    assert leaks(place) == [("open", None, "2", found), ("withdrawn", "withdrawn_by_definition", "1", found)]


def test_a_wrong_policy_ends_the_run_with_its_line_and_readers_keep_what_they_had(
    first: dict[str, Any], run: Run, place: Path
) -> None:
    policy = place / "wrong.yml"
    policy.write_text("retries:\n  window: 3\n")
    with Published.open(place / "home") as before:
        n = before.n
    done = run("run", LEAKS_POLICY=str(policy))
    assert (done.returncode, done.stdout) == (2, "")
    assert "wrong.yml, line 2" in done.stderr
    assert "window_days" in done.stderr
    assert "Traceback" not in done.stderr
    with Published.open(place / "home") as after:
        assert after.n == n


def test_of_two_runs_at_once_the_second_names_the_first_and_changes_nothing(
    first: dict[str, Any], run: Run, place: Path
) -> None:
    lock = place / "home" / "default" / "warehouse.lock"
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(str(os.getpid()))
        held.flush()
        done = run("run")
    assert (done.returncode, done.stdout) == (1, "")
    assert str(os.getpid()) in done.stderr
    assert "Traceback" not in done.stderr
    assert run("sql", "select 1 as one", "--format", "csv").stdout == "one\n1\n"


def test_logs_that_are_named_later_are_news_and_so_is_each_new_row(
    first: dict[str, Any], run: Run, place: Path
) -> None:
    done = run("run", "--format", "json", LEAKS_PRODUCT_USAGE=str(place / "export"))
    assert done.returncode == 0, done.stderr
    before = json.loads(done.stdout)
    logins, usage = before["product_usage"]
    assert before["is_new"]
    assert logins["rows"] > 1000
    assert logins["matched_share"] > 0.9
    assert usage["quarantined_count"] == 0
    more = place / "login-more.jsonl"
    more.write_text('{"customer": "cus_nobody", "user_id": "u", "ts": 1790000000, "method": "saml"}\n')
    done = run("run", "--format", "json", LEAKS_PRODUCT_USAGE=f"{place / 'export'},{more}")
    after = json.loads(done.stdout)
    assert after["is_new"]
    assert after["product_usage"][0]["rows"] == logins["rows"] + 1
    assert after["totals"] == before["totals"]


def test_a_log_that_is_not_there_ends_the_run_with_its_name(first: dict[str, Any], run: Run, place: Path) -> None:
    done = run("run", LEAKS_PRODUCT_USAGE=str(place / "absent-*.jsonl"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "absent-*.jsonl; correct it or take it out" in done.stderr
    assert "Traceback" not in done.stderr


def test_dagster_keeps_the_run_with_what_people_want_to_know(first: dict[str, Any], place: Path) -> None:
    assert (place / "home" / "dagster" / "dagster.yaml").read_text().startswith("telemetry:\n  enabled: false")
    assert list((place / "home" / "dagster" / "history" / "runs").glob("*.db"))
