"""Killed again and again at its steps and between them, the worker ends where an undisturbed build does.

Nothing acknowledged is lost and nothing counts twice: each event lands once, each leak is opened once.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.profile import Profile
from ingestion.stripe.resources import RESOURCES
from revops.domain.received import ReceivedEvent
from revops.settings import Settings
from revops.store import Store, open_store
from revops.store.audit import Audit
from revops.store.inbox import Inbox
from revops.store.leaks import Leaks
from revops.warehouse import Published
from tests.cli.conftest import start
from tests.end_to_end.doomed import STEPS, Doom, Workers, workers
from tests.ingestion.landed import rows, write_lines
from tests.leaks.company import START, company, seconds
from tests.leaks.warehouse import Version, Warehouse

SEED = 20261121
KILLS = int(os.environ.get("WORKER_KILLS", "100"))
NO_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
# Half of the kills come a little after a step: in the middle of the next.
LONGEST_MILLISECONDS = 1_500
FOUND = (
    "select object_id, customer_id, currency, amount_minor, confidence, first_detectable_at, root_cause, evidence, "
    "finding_id, as_of from leak_findings order by finding_id"
)


@dataclass
class Company:
    """A company whose customers landed in a first run, and what happened since, not delivered yet."""

    folder: Path
    versions: list[Version]
    delivered: list[dict[str, Any]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "LEAKS_HOME": str(self.folder / "home"),
            "STRIPE_EXPORT": str(self.folder / "export"),
            "STRIPE_EXPORT_AT": START.isoformat() + "Z",
        }

    def first_run(self) -> None:
        customers = [_live(one) for one in self.versions if one.resource == "customer"]
        for resource in RESOURCES:
            lines = customers if resource.name == "customer" else []
            write_lines(self.folder / "export" / f"{resource.name}.jsonl", lines)
        done = start(self.folder, "run", **self.settings)
        assert done.returncode == 0, done.stderr
        self.versions = [one for one in self.versions if one.resource != "customer"]

    def store(self) -> Store:
        return open_store(Settings(_env_file=None, leaks_home=self.folder / "home"))

    def deliver(self, store: Store, events: int) -> None:
        """Put the next events into the inbox, as the receiver does, and now and then one a second time."""
        begin = len(self.delivered)
        for number, version in enumerate(self.versions[begin : begin + events], begin):
            self.delivered.append(_event(number, version))
        again = self.delivered[:: max(1, len(self.delivered) // 2)]
        Inbox(store).append([_received(one) for one in (*self.delivered[begin:], *again)])


def _live(version: Version) -> dict[str, Any]:
    return {**version.payload, "livemode": True}


def _event(number: int, version: Version) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "created": seconds(version.at),
        "livemode": True,
        "api_version": "2025-08-27.basil",
        "type": f"{version.resource}.updated",
        "data": {"object": _live(version)},
    }


def _received(event: dict[str, Any]) -> ReceivedEvent:
    now = datetime.now(UTC)
    about = event["data"]["object"]["id"]
    key = ("default", "live", "stripe", event["id"], event["type"], about, None)
    return ReceivedEvent(*key, now, now, json.dumps(event).encode())


def _fates(chance: random.Random) -> Iterator[Doom]:
    """Every named step in turn; at once or a little later, in the first batch or, mostly, in a later one."""
    while True:
        for step in STEPS:
            later = chance.randrange(LONGEST_MILLISECONDS) if chance.random() < 0.5 else 0
            yield Doom(step, 1 if chance.random() < 0.25 else 2, later)


def _is_waiting(store: Store) -> bool:
    return bool(Inbox(store).tenants_waiting())


def _kill(company: Company, store: Store, doomed: Workers, doom: Doom, chance: random.Random) -> list[str]:
    """One worker until its end; the steps that it said."""
    company.deliver(store, chance.randint(1, 3))
    if not _is_waiting(store):  # all are delivered: only repetitions are left
        return []
    doomed.start(doom)
    said: list[str] = []
    for step in doomed.heard():
        said.append(step)
        # A later batch begins once there is something for it.
        if step == "marked" and not _is_waiting(store):
            company.deliver(store, chance.randint(1, 3))
    return said


def kill_again_and_again(company: Company, kills: int) -> None:
    chance = random.Random(SEED)
    fates = _fates(chance)
    after: Counter[str] = Counter()
    with company.store() as store, workers(**company.settings) as doomed:
        for _ in range(kills):
            said = _kill(company, store, doomed, next(fates), chance)
            after[said[-1]] += 1
        company.deliver(store, len(company.versions))
        healthy = doomed.start(None)
        for step in doomed.heard():
            if step == "marked" and not _is_waiting(store):
                os.kill(healthy, signal.SIGTERM)
        _each_event_once(company, store)
        _each_leak_once(company, store)
    _as_undisturbed(company)
    print(f"\n{kills} kills, the last step heard before: {dict(after)}; {len(company.delivered)} events")  # noqa: T201


def _each_event_once(company: Company, store: Store) -> None:
    ids = [one["id"] for one in company.delivered]
    with store.tenant("default", file="inbox", is_read_only=True) as connection:
        states = connection.exec_driver_sql("select event_id, state from inbox where tenant_id = 'default'").all()
    assert sorted(map(tuple, states)) == sorted((id, "done") for id in ids), "events are lost, or given up"
    profile = Profile(company.folder / "home")
    assert sorted(row["id"] for row in rows(profile, "select id from stripe.event")) == sorted(ids)
    for table in ("invoice", "charge"):
        landed = rows(profile, f"select event_id from stripe.{table}")
        told = [one["id"] for one in company.delivered if one["data"]["object"]["object"] == table]
        assert sorted(row["event_id"] for row in landed) == sorted(told), f"{table}: a version is lost or there twice"


def _each_leak_once(company: Company, store: Store) -> None:
    with Published.open(company.folder / "home") as published:
        found = {row["root_cause"] for row in published.query("select root_cause from leak_findings")}
    opened = [leak.root_cause for leak in Leaks(store).read_open("default")]
    assert sorted(opened) == sorted(found), "one open leak for each thing that leaks"
    lines = Counter((line.verb, line.object_id) for line in Audit(store).read("default", limit=100_000))
    assert set(lines.values()) == {1}, "a leak is opened once and closed once"


def _as_undisturbed(company: Company) -> None:
    with Published.open(company.folder / "home") as published:
        found = published.query(FOUND)
        as_of = published.as_of.astimezone(UTC).replace(tzinfo=None)
    whole = Warehouse(company.folder / "whole" / "warehouse.duckdb")
    whole.land(_all_versions(company))
    whole.dbt("build", *NO_TESTS, "--full-refresh", as_of=as_of)
    assert found, "the company must leak"
    expected = whole.query(FOUND)
    assert [_utc(row) for row in found] == [_utc(row) for row in expected]


def _utc(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value
        for name, value in row.items()
    }


def _all_versions(company: Company) -> list[Version]:
    customers = [Version("customer", _live(one), one.at) for one in _company() if one.resource == "customer"]
    return [*customers, *(Version(one.resource, _live(one), one.at, one.event_id) for one in company.versions)]


def _company() -> list[Version]:
    return company(SEED, customers=int(os.environ.get("WORKER_KILLS_CUSTOMERS", "60")))


@pytest.mark.chaos
def test_a_hundred_kills_at_its_steps_change_nothing(tmp_path: Path) -> None:
    small = Company(tmp_path, _company())
    small.first_run()
    kill_again_and_again(small, KILLS)
