"""No webhook ever arrives, for longer than Stripe tries: the sweep of its events brings everything, and beyond the
thirty days for which Stripe keeps them everything is read again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.profile import Profile
from ingestion.stripe.reconcile.flow import reconcile
from ingestion.stripe.reconcile.scope import EVERY_OBJECT
from ingestion.stripe.resources import EVENT, METER_EVENT_SUMMARY, TABLES
from sandbox.simulator import Living, Plan
from sandbox.stripe import Running, running
from tests.contracts.fixtures import COMPANY_NOW
from tests.ingestion.landed import from_api, land, newest

DAY = 86_400
# What changes without an event: a customer's count of invoices goes up, and what waits for its date becomes available.
SILENT = {"customer": "next_invoice_sequence", "dispute": "balance_transactions", "balance_transaction": "status"}


@pytest.fixture
def company() -> Iterator[Running]:
    """Forty customers who live on; their events are delivered to nobody."""
    plan = Plan(3, 40, int(COMPANY_NOW.timestamp()))
    with running(
        as_of=COMPANY_NOW, is_frozen=True, company=lambda stand_in: Living(plan, stand_in.account(), None)
    ) as sandbox:
        yield sandbox


def _known(profile: Profile) -> dict[str, dict[str, Any]]:
    """The state of every object, but for what no event tells; of a deleted one a list tells less than its event."""
    found: dict[str, dict[str, Any]] = {}
    for table in TABLES:
        for id, one in newest(profile, table).items() if table != EVENT.name else ():
            one.pop(SILENT.get(table, ""), None)
            found.setdefault(table, {})[id] = "deleted" if one.get("deleted") else one
    return found


@pytest.mark.parametrize("days", [5, 29, 45])
def test_whatever_happened_meanwhile_is_there_after_one_run(tmp_path: Path, company: Running, days: int) -> None:
    ours, whole = Profile(tmp_path / "ours"), Profile(tmp_path / "whole")
    land(ours, from_api(company.url))
    before = _known(ours)
    company.stand_in.advance(days * DAY)
    land(ours, from_api(company.url))
    land(whole, from_api(company.url))
    now = _known(ours)
    assert now["invoice"] != before["invoice"], "something happened"
    for table, objects in _known(whole).items():
        # Usage is asked for of the last two months; ours goes further back.
        ours_of_these = now[table] if table != METER_EVENT_SUMMARY.name else {id: now[table].get(id) for id in objects}
        assert ours_of_these == objects, table
    drifts = reconcile(ours, from_api(company.url), EVERY_OBJECT).drifts
    assert {one.resource for one in drifts if one.difference} <= {*SILENT, "invoiceitem"}
    assert not any(one.missing or one.gone for one in drifts)


def test_the_sweep_lists_no_objects_that_events_tell_of(tmp_path: Path, company: Running) -> None:
    profile = Profile(tmp_path / "home")
    land(profile, from_api(company.url))
    company.stand_in.advance(5 * DAY)
    asked = len(company.requests)
    land(profile, from_api(company.url))
    assert {"/v1/invoices", "/v1/customers", "/v1/subscriptions"}.isdisjoint(
        one.path for one in company.requests[asked:]
    )
