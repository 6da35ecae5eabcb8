"""Whole runs on a simulated company: the first, one with nothing new, one a day later; each step and its bare limit."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.simulator import Plan, write
from tests.bench import by_hand
from tests.bench.measure import Measured, run, run_leaks, show

pytestmark = pytest.mark.bench

SIZES = [int(size) for size in os.environ.get("BENCH_CUSTOMERS", "200,20000").split(",")]
AS_OF = datetime(2026, 10, 1, tzinfo=UTC)
DAY = 86_400
LOGS = ("login.jsonl", "usage.jsonl")
GOALS = {
    20_000: {
        "simulator": "under 180 s",
        "first run": "under 180 s, 4,000 MB",
        "dbt": "under 20 s",
        "day": "under 20 s",
    },
    200: {"simulator": "-", "first run": "under 45 s", "dbt": "-", "day": "under 15 s"},
}


@pytest.mark.parametrize("customers", SIZES)
def test_runs_of_a_company(tmp_path: Path, customers: int) -> None:
    goals = GOALS.get(customers, dict.fromkeys(GOALS[200], "-"))
    plan = Plan(customers=customers, seed=1, anchor=int(AS_OF.timestamp()))
    company, home = tmp_path / "company", tmp_path / "home"
    started = datetime.now(UTC)
    write(company, plan)
    print(f"\n{customers:,} customers")
    show("simulator", f"{(datetime.now(UTC) - started).total_seconds():.1f} s", goals["simulator"])
    show("  of objects and events", f"{_megabytes(company):,.0f} MB", "-")
    first = _run(company, home, AS_OF)
    show("first run", f"{first.seconds:.1f} s, {first.peak_megabytes:,.0f} MB", goals["first run"])
    _show_steps(first, goals["dbt"])
    show("  on disk: warehouse", f"{_megabytes(home / 'default', 'warehouse.duckdb'):,.0f} MB", "-")
    show("  on disk: published", f"{_megabytes(home / 'default', 'published-*.duckdb'):,.0f} MB", "-")
    again = _run(company, home, AS_OF)
    show("nothing new", f"{again.seconds:.1f} s, {again.peak_megabytes:,.0f} MB", "under 15 s")
    _let_a_day_pass(company, plan)
    day = _run(company, home, datetime.fromtimestamp(plan.anchor + DAY, UTC))
    show("one more day", f"{day.seconds:.1f} s, {day.peak_megabytes:,.0f} MB", goals["day"])
    _show_steps(day, "-")
    _show_events(company, home)
    landed = by_hand.land(company, tmp_path / "by_hand")
    typed, asked = by_hand.type_and_query(tmp_path / "by_hand")
    show("by hand: lines into tables", f"{landed.seconds:.1f} s, {landed.peak_megabytes:,.0f} MB", "the bare limit")
    show("by hand: types out of JSON", f"{typed.seconds:.1f} s, {typed.peak_megabytes:,.0f} MB", "the bare limit")
    show("by hand: five detection queries", f"{asked.seconds:.2f} s", "the bare limit")


def _run(company: Path, home: Path, as_of: datetime) -> Measured:
    return run_leaks(
        "run",
        LEAKS_HOME=str(home),
        STRIPE_EXPORT=str(company),
        STRIPE_EXPORT_AT=as_of.isoformat(),
        LEAKS_POLICY=str(company / "policy.yml"),
        LEAKS_PRODUCT_USAGE=",".join(str(company / name) for name in LOGS),
    )


def _show_events(company: Path, home: Path) -> None:
    """One event after the other, then many at once, with a worker that is warm and no run beside it."""
    command = [sys.executable, "-m", "tests.bench.event_latency", str(home), str(company)]
    done = run(command, STRIPE_EXPORT=str(company))
    one = json.loads(done.output.splitlines()[-1])
    show("event to leak, p50 / p95", f"{one['p50']:.1f} / {one['p95']:.1f} s", "p95 under 5 s")
    show("  the first after a start", f"{one['first']:.1f} s", "-")
    show("  1,000 at once", f"{one['many']:.1f} s", "under 2 s more than one")
    show("  rows that the models scanned, each", f"{one['rows_scanned']:,}", "-")
    show("  read from files, each", f"{one['megabytes_read']:,.0f} MB", "-")
    show("  memory of the worker", f"{done.peak_megabytes:,.0f} MB", "-")


def _let_a_day_pass(company: Path, plan: Plan) -> None:
    """The export is taken anew, whole; the logs, which the simulator writes by customer, grow at their ends."""
    logs = [company / name for name in LOGS]
    before = [path.rename(path.with_suffix(".before")) for path in logs]
    write(company, plan, as_of=plan.anchor + DAY)
    for path, grown in zip(logs, before, strict=True):
        with path.open("rb") as lines, grown.open("ab") as file:
            file.writelines(line for line in lines if json.loads(line)["ts"] >= plan.anchor)
        grown.replace(path)


def _show_steps(run: Measured, dbt_goal: str) -> None:
    for name, seconds in run.steps.items():
        show(f"  {name}", f"{seconds:.1f} s", dbt_goal if name == "building models" else "-")


def _megabytes(folder: Path, pattern: str = "*") -> float:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file()) / 1e6
