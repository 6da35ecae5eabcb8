"""A webhook's event, from the inbox to a leak that is opened or closed, by the commands that people start."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from revops.domain.received import ReceivedEvent
from revops.settings import Settings
from revops.store import open_store
from revops.store.inbox import Inbox
from revops.warehouse import Published
from sandbox.simulator import Plan, write
from tests.cli.conftest import start
from tests.ingestion.landed import event

pytestmark = pytest.mark.pipeline

NOW = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company of sixty customers after its first run."""
    folder = tmp_path_factory.mktemp("events")
    write(folder / "export", Plan(seed=5, customers=60, anchor=int(NOW.timestamp())))
    done = start(folder, "run", **_settings(folder))
    assert done.returncode == 0, done.stderr
    return folder


def _settings(folder: Path) -> dict[str, str]:
    return {
        "LEAKS_HOME": str(folder / "home"),
        "STRIPE_EXPORT": str(folder / "export"),
        "STRIPE_EXPORT_AT": "2026-10-01T00:00:00Z",
    }


def _deliver(place: Path, *events: dict[str, Any]) -> None:
    """What the receiver does with verified webhooks, then the worker's turn."""
    now = datetime.now(UTC)
    with open_store(Settings(_env_file=None, leaks_home=place / "home")) as store:
        Inbox(store).append(
            [
                ReceivedEvent(
                    *("default", "live", "stripe", one["id"], one["type"], one["data"]["object"]["id"], None),
                    *(now, now, json.dumps(one).encode()),
                )
                for one in events
            ]
        )
    done = start(place, "worker", "--once", **_settings(place))
    assert done.returncode == 0, done.stderr
    assert "batch_failed" not in done.stderr, done.stderr


def _query(place: Path, sql: str) -> list[dict[str, Any]]:
    with Published.open(place / "home") as published:
        return published.query(sql)


def _leaks(place: Path, invoice: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(place / "home" / "operations.db")) as store:
        query = "select status, resolution from leaks where object_id = ? order by occurrence"
        return store.execute(query, [invoice]).fetchall()


def _invoice(place: Path, id: str) -> dict[str, Any]:
    with (place / "export" / "invoice.jsonl").open() as lines:
        return next(one for one in map(json.loads, lines) if one["id"] == id)


def test_an_invoice_that_is_paid_closes_its_leak(place: Path) -> None:
    alerts = "select object_id from leak_findings where confidence >= 0.5 order by 1"
    before = [row["object_id"] for row in _query(place, alerts)]
    paid_at = int((NOW + timedelta(minutes=5)).timestamp())
    one = _invoice(place, before[0])
    transitions = {**one["status_transitions"], "paid_at": paid_at}
    paid = {**one, "status": "paid", "amount_paid": one["amount_due"], "amount_remaining": 0}
    # Open, and where something can be done about it already proposed.
    [(status, resolution)] = _leaks(place, one["id"])
    assert (status in {"open", "pending_decision"}, resolution) == (True, None)
    _deliver(place, event(1, paid_at, "invoice.paid", {**paid, "status_transitions": transitions}))
    assert [row["object_id"] for row in _query(place, alerts)] == before[1:]
    assert _leaks(place, one["id"])[0][0] == "resolved_elsewhere"
    with Published.open(place / "home") as published:
        assert published.n == 1, "no whole run was needed"
        assert published.as_of > NOW


def test_a_review_that_is_written_off_becomes_an_alert(place: Path) -> None:
    waiting = "select object_id from leaks__unpaid_invoice where verdict = 'in_retry_window' order by 1"
    rows = _query(place, waiting)
    one = _invoice(place, rows[0]["object_id"])
    at = int((NOW + timedelta(minutes=10)).timestamp())
    transitions = {**one["status_transitions"], "paid_at": None, "marked_uncollectible_at": at}
    lost = {**one, "status": "uncollectible", "next_payment_attempt": None}
    _deliver(place, event(2, at, "invoice.marked_uncollectible", {**lost, "status_transitions": transitions}))
    joined = "triage join leak_findings using (finding_id)"
    found = _query(place, f"select is_alert from {joined} where object_id = '{one['id']}'")
    assert found == [{"is_alert": True}]
    assert _leaks(place, one["id"]) == [("open", None)]


def test_the_next_run_finds_what_the_events_brought(place: Path) -> None:
    sql = "select finding_id, object_id, amount_minor, confidence from leak_findings order by 1"
    before = _query(place, sql)
    done = start(place, "run", **_settings(place))
    assert done.returncode == 0, done.stderr
    with Published.open(place / "home") as published:
        assert published.n == 2
        assert published.query(sql) == before
