"""From a payment that failed for the last time to the message that asks a person: the event's way, and the leak's."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from revops.domain.received import ReceivedEvent
from revops.settings import Settings
from revops.store import open_store
from revops.store.inbox import Inbox
from revops.warehouse import Published
from sandbox import slack
from sandbox.simulator import Plan, write
from tests.bench.measure import run_leaks, show

pytestmark = pytest.mark.bench

SIZES = [int(size) for size in os.environ.get("BENCH_CUSTOMERS", "200,20000").split(",")]
AS_OF = datetime(2026, 10, 1, tzinfo=UTC)
WANTED = 20
SECONDS = 60.0
# Each one is a message of its own.
POLICY = "slack: {channel: '#revenue', digest_above: 1000}\n"


@pytest.mark.parametrize("customers", SIZES)
def test_a_leak_becomes_a_message(tmp_path: Path, customers: int) -> None:
    company, home = tmp_path / "company", tmp_path / "home"
    write(company, Plan(customers=customers, seed=1, anchor=int(AS_OF.timestamp())))
    (tmp_path / "policy.yml").write_text(POLICY)
    environment = {
        "LEAKS_HOME": str(home),
        "LEAKS_POLICY": str(tmp_path / "policy.yml"),
        "STRIPE_EXPORT": str(company),
        "STRIPE_EXPORT_AT": AS_OF.isoformat(),
    }
    run_leaks("run", **environment)
    with slack.running(channels=("revenue",)) as workspace:
        environment |= {"SLACK_API_BASE": workspace.api_url, "SLACK_BOT_TOKEN": workspace.workspace.bot_token}
        with working(environment, home):
            took = sorted(measure(home, company, workspace))
    assert took, "no leak led to a proposal"
    print(f"\n{customers:,} customers, {len(took)} leaks")
    for name, number, goal in (("event to message", 0, "-"), ("leak to message", 1, "under 2 s")):
        seconds = sorted(one[number] for one in took)
        middle, high = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
        show(name, f"p50 {middle:.2f} s, p95 {high:.2f} s", goal)


@contextmanager
def working(environment: dict[str, str], home: Path) -> Iterator[None]:
    """A worker that has told everything that there was to tell."""
    command = [sys.executable, "-c", "from cli.app import main; main()", "worker"]
    with (
        (home / "worker.log").open("w") as log,
        subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log) as process,
    ):
        try:
            until(lambda: scalar(home, "select count(*) from outbox where sent_at is null") == 0)
            yield
        finally:
            process.send_signal(signal.SIGTERM)


def measure(home: Path, company: Path, workspace: slack.Running) -> Iterator[tuple[float, float]]:
    """Seconds from the event's commit and from the leak's proposal to its message, one leak after the other."""
    with Published.open(home) as published:
        waiting = published.query(
            "select object_id from leaks__unpaid_invoice where verdict = 'in_retry_window' order by 1"
        )
    wanted = {row["object_id"] for row in waiting}
    with (company / "invoice.jsonl").open() as lines:
        invoices = [one for one in map(json.loads, lines) if one["id"] in wanted]
    with open_store(Settings(_env_file=None, leaks_home=home)) as store:
        for number, invoice in enumerate(invoices[:WANTED]):
            before = len(workspace.record.of("posted")), scalar(home, "select count(*) from actions")
            Inbox(store).append([given_up(number, invoice)])
            committed = time.time()
            until(lambda before=before: is_told_or_done(home, workspace, before))
            posted = time.time()
            if len(workspace.record.of("posted")) > before[0]:
                drafted = datetime.fromisoformat(scalar(home, "select max(created_at) from actions"))
                yield posted - committed, posted - drafted.replace(tzinfo=UTC).timestamp()


def is_told_or_done(home: Path, workspace: slack.Running, before: tuple[int, int]) -> bool:
    """Whether there is a message more, or the event has led to no proposal."""
    if len(workspace.record.of("posted")) > before[0]:
        return True
    is_done = scalar(home, "select count(*) from inbox where state <> 'done'", "inbox.db") == 0
    return is_done and scalar(home, "select count(*) from actions") == before[1]


def given_up(number: int, invoice: dict[str, Any]) -> ReceivedEvent:
    """Stripe will not try again."""
    created = int((AS_OF + timedelta(minutes=number + 1)).timestamp())
    event = {"id": f"evt_bench_{number}", "object": "event", "created": created, "livemode": True}
    event |= {"type": "invoice.payment_failed", "api_version": "2026-05-27.dahlia"}
    event |= {"data": {"object": {**invoice, "next_payment_attempt": None}}}
    now = datetime.now(UTC)
    key = ("default", "live", "stripe", event["id"], event["type"], invoice["id"], None)
    return ReceivedEvent(*key, now, now, json.dumps(event).encode())


def scalar(home: Path, sql: str, file: str = "operations.db") -> Any:
    """What another process has committed."""
    with closing(sqlite3.connect(home / file)) as store:
        return store.execute(sql).fetchone()[0]


def until(is_so: Any) -> None:
    """Wait for what other processes do."""
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)
