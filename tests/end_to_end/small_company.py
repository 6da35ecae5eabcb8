"""A small company whose events are delivered while something goes wrong, and what must be true in the end.

Nothing acknowledged is lost and nothing counts twice: each event lands once, each leak is opened once, and what is
found is what an undisturbed build of everything finds.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import text

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
from tests.ingestion.landed import rows, write_lines
from tests.leaks.company import START, company, seconds
from tests.leaks.warehouse import Version, Warehouse

NO_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
FOUND = (
    "select object_id, customer_id, currency, amount_minor, confidence, first_detectable_at, root_cause, evidence, "
    # Who was not touched is looked at again on another day, so within one the times differ.
    "finding_id, as_of::date as day from leak_findings order by finding_id"
)


@dataclass
class SmallCompany:
    """A company whose customers landed in a first run, and what happened since, not delivered yet."""

    folder: Path
    seed: int
    customers: int
    database_url: str = ""
    delivered: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def history(self) -> list[Version]:
        """Everything that ever happened; customers are there from the beginning."""
        return company(self.seed, customers=self.customers)

    @cached_property
    def versions(self) -> list[Version]:
        """What happens after the first run, in no order."""
        return [one for one in self.history if one.resource != "customer"]

    @property
    def environment(self) -> dict[str, str]:
        """Settings for commands."""
        return {
            "LEAKS_HOME": str(self.folder / "home"),
            "STRIPE_EXPORT": str(self.folder / "export"),
            "STRIPE_EXPORT_AT": START.isoformat() + "Z",
            **({"DATABASE_URL": self.database_url} if self.database_url else {}),
        }

    def first_run(self) -> None:
        """Lands the customers and publishes, as a person does."""
        customers = [_live(one) for one in self.history if one.resource == "customer"]
        for resource in RESOURCES:
            lines = customers if resource.name == "customer" else []
            write_lines(self.folder / "export" / f"{resource.name}.jsonl", lines)
        done = start(self.folder, "run", **self.environment)
        assert done.returncode == 0, done.stderr

    def store(self) -> Store:
        """The operational store."""
        url = {"database_url": self.database_url} if self.database_url else {}
        return open_store(Settings(_env_file=None, leaks_home=self.folder / "home", **url))  # type: ignore[arg-type]

    def deliver(self, store: Store, events: int) -> None:
        """Put the next events into the inbox, as the receiver does, and now and then one a second time."""
        begin = len(self.delivered)
        for number, version in enumerate(self.versions[begin : begin + events], begin):
            self.delivered.append(_event(number, version))
        # Stripe delivers at least once.
        again = self.delivered[:: max(1, len(self.delivered) // 2)]
        Inbox(store).append([received(one) for one in (*self.delivered[begin:], *again)])


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


def received(event: dict[str, Any]) -> ReceivedEvent:
    """An event as the receiver hands it to the inbox."""
    now = datetime.now(UTC)
    about = event["data"]["object"]["id"]
    key = ("default", "live", "stripe", event["id"], event["type"], about, None)
    return ReceivedEvent(*key, now, now, json.dumps(event).encode())


def is_waiting(store: Store) -> bool:
    """Whether any event is not done."""
    return bool(Inbox(store).tenants_waiting())


def each_event_once(company: SmallCompany, store: Store) -> None:
    """Every event that was delivered is done, and landed once."""
    ids = [one["id"] for one in company.delivered]
    with store.tenant("default", file="inbox", is_read_only=True) as connection:
        states = connection.execute(text("select event_id, state from inbox where tenant_id = 'default'")).all()
    assert sorted(map(tuple, states)) == sorted((id, "done") for id in ids), "events are lost, or given up"
    profile = Profile(company.folder / "home")
    assert sorted(row["id"] for row in rows(profile, "select id from stripe.event")) == sorted(ids)
    for table in ("invoice", "charge"):
        landed = rows(profile, f"select event_id from stripe.{table}")
        told = [one["id"] for one in company.delivered if one["data"]["object"]["object"] == table]
        assert sorted(row["event_id"] for row in landed) == sorted(told), f"{table}: a version is lost or there twice"


def each_leak_once(company: SmallCompany, store: Store) -> None:
    """Open is what leaks or has no end yet (a payment on its way), and nothing was opened or closed twice."""
    with Published.open(company.folder / "home") as published:
        found = {row["root_cause"] for row in published.query("select root_cause from leak_findings")}
        ended = {f"invoice:{row['object_id']}" for row in published.query("select object_id from leak_resolutions")}
    opened = [leak.root_cause for leak in Leaks(store).read_open("default")]
    assert len(opened) == len(set(opened)), "one open leak for each thing that leaks"
    assert found <= set(opened), "what leaks is open"
    assert not set(opened) & ended, "what has ended is closed"
    lines = Counter((line.verb, line.object_id) for line in Audit(store).read("default", limit=100_000))
    assert set(lines.values()) == {1}, "a leak is opened once and closed once"


def as_undisturbed(company: SmallCompany) -> None:
    """What is published is what one build of everything that was delivered finds."""
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


def _all_versions(company: SmallCompany) -> list[Version]:
    """As delivered; of customers as the export had them."""
    return [
        Version(one.resource, _live(one), one.at, None if one.resource == "customer" else one.event_id)
        for one in company.history
        if one.resource == "customer" or one in company.versions[: len(company.delivered)]
    ]
