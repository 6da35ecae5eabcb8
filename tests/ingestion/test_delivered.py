"""Webhook bodies, landed in batches: any order, any repetition, the state that Stripe holds."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import NothingLandedYetError
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from ingestion.stripe.events.delivered import BatchReport, land_delivered
from ingestion.stripe.events.transitions import is_possible
from sandbox.stripe import Running
from tests.ingestion.landed import (
    customer,
    event,
    from_api,
    from_export,
    invoice,
    land,
    newest,
    quarantine,
    rows,
    states,
    version_count,
    write_lines,
)

BASE = 1_750_000_000
NOBODY = StripeSettings(_env_file=None)


def deliver(profile: Profile, settings: StripeSettings, *events: dict[str, Any] | bytes) -> BatchReport:
    """One batch, as the worker lands it."""
    bodies = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in events]
    with writer_lock(profile):
        return land_delivered(profile, settings, bodies)


@pytest.fixture
def home(profile: Profile, tmp_path: Path) -> Profile:
    """A home whose first run was an export: nobody can be asked."""
    write_lines(tmp_path / "x/customer.jsonl", [customer(1)])
    write_lines(tmp_path / "x/invoice.jsonl", [invoice(1)])
    land(profile, from_export(tmp_path / "x"))
    return profile


@pytest.fixture
def landed(profile: Profile, company_folder: Path) -> Profile:
    """Its export, landed: what is delivered afterwards can be asked for over HTTP."""
    land(profile, from_export(company_folder))
    return profile


def _asked(company: Running, path: str) -> int:
    return sum(one.path == path for one in company.requests)


def test_any_order_and_repetition_ends_at_the_last_state(home: Profile) -> None:
    history = ["draft", "open", "uncollectible", "open", "paid"]
    events = [event(n, BASE + n, "invoice.updated", invoice(1, status=s)) for n, s in enumerate(history)]
    shuffled = [*events, *events[2:4]]
    random.Random(7).shuffle(shuffled)
    for start in range(0, len(shuffled), 3):
        deliver(home, NOBODY, *shuffled[start : start + 3])
    assert newest(home, "invoice")["in_1"]["status"] == "paid"
    before = version_count(home)
    assert deliver(home, NOBODY, *events).rows == {}
    assert version_count(home) == before


def test_a_batch_says_what_it_touched_and_moves_the_sources_clock(home: Profile) -> None:
    report = deliver(home, NOBODY, event(1, BASE + 60, "invoice.paid", invoice(1, status="paid")))
    assert report.touched == {("invoice", "in_1")}
    assert rows(home, "select resource, id from stripe.batch") == [{"resource": "invoice", "id": "in_1"}]
    assert rows(home, "select epoch(source_now)::bigint as now from stripe.integration") == [{"now": BASE + 60}]


def test_deliveries_do_not_say_how_far_the_list_of_events_was_read(home: Profile) -> None:
    before = states(home)["event"]["read_at"]
    deliver(home, NOBODY, event(1, BASE + 60, "invoice.paid", invoice(1, status="paid")))
    assert states(home)["event"]["read_at"] == before


def test_created_finalized_and_paid_within_a_second_end_at_paid(landed: Profile, company: Running) -> None:
    company.clock.advance(timedelta(hours=1).total_seconds())
    now = company.clock.now()
    paid = next(one for one in newest(landed, "invoice").values() if one["status"] == "paid")
    fresh = {**paid, "id": "in_within_a_second", "created": now}
    company.upsert(fresh)
    told = [("invoice.paid", fresh), ("invoice.finalized", {**fresh, "status": "open"}),
            ("invoice.created", {**fresh, "status": "draft"})]  # fmt: skip
    events = [event(n, now, type, one) for n, (type, one) in enumerate(told)]
    for one in events:
        deliver(landed, from_api(company.url), one)
        company.clock.advance(1)
        assert newest(landed, "invoice")["in_within_a_second"]["status"] == "paid"
    assert deliver(landed, from_api(company.url), *events).read_again == 0, "what is settled is not asked for again"


def test_many_events_of_one_object_ask_for_it_once(landed: Profile, company: Running) -> None:
    company.clock.advance(timedelta(hours=1).total_seconds())
    one = next(iter(newest(landed, "subscription").values()))
    company.upsert(one)
    events = [
        event(n, company.clock.now() - 50 + n, "customer.subscription.updated", {**one, "metadata": {"n": str(n)}})
        for n in range(50)
    ]
    assert deliver(landed, from_api(company.url), *events).read_again == 1
    assert _asked(company, f"/v1/subscriptions/{one['id']}") == 1
    assert newest(landed, "subscription")[one["id"]]["metadata"] == one["metadata"]


def test_a_change_of_status_that_cannot_be_is_asked_for_and_stripe_wins(landed: Profile, company: Running) -> None:
    company.clock.advance(timedelta(hours=1).total_seconds())
    ended = next(one for one in newest(landed, "subscription").values() if one["status"] == "canceled")
    company.upsert(ended)
    back = event(1, company.clock.now() - 5, "customer.subscription.updated", {**ended, "status": "active"})
    report = deliver(landed, from_api(company.url), back)
    assert report.impossible == 1
    assert newest(landed, "subscription")[ended["id"]]["status"] == "canceled"


def test_what_a_worker_had_no_time_to_ask_for_is_asked_for_by_the_next(landed: Profile, company: Running) -> None:
    """It died after the landing: the same batch again lands nothing, and must not take the doubt for settled."""
    company.clock.advance(timedelta(hours=1).total_seconds())
    ended = next(one for one in newest(landed, "subscription").values() if one["status"] == "canceled")
    company.upsert(ended)
    back = event(1, company.clock.now() - 5, "customer.subscription.updated", {**ended, "status": "active"})
    deliver(landed, NOBODY, back)
    assert newest(landed, "subscription")[ended["id"]]["status"] == "active"
    again = deliver(landed, from_api(company.url), back)
    assert (again.impossible, newest(landed, "subscription")[ended["id"]]["status"]) == (1, "canceled")
    assert deliver(landed, from_api(company.url), back).impossible == 0, "what Stripe settled stays settled"


def test_an_exports_owner_is_never_asked_with_a_key_that_happens_to_be_set(
    landed: Profile, company: Running, company_folder: Path
) -> None:
    one = next(iter(newest(landed, "subscription").values()))
    both = from_api(company.url, stripe_export=company_folder)
    deliver(landed, both, event(1, company.clock.now() - 5, "customer.subscription.updated", one))
    assert company.requests == []


@pytest.mark.parametrize(
    ("before", "after", "is_one"),
    [
        ("incomplete", "incomplete_expired", True),
        ("active", "active", True),
        ("trialing", "paused", True),
        ("canceled", "active", False),
        ("incomplete_expired", "active", False),
        ("active", "incomplete", False),
        ("past_due", "a_status_of_next_year", True),
    ],
)
def test_what_can_follow_what(before: str, after: str, is_one: bool) -> None:
    assert is_possible(before, after) is is_one


def test_an_invoice_that_is_paid_brings_its_payments(landed: Profile, company: Running) -> None:
    company.clock.advance(timedelta(hours=1).total_seconds())
    payment = next(one for one in newest(landed, "invoice_payment").values() if one["status"] == "paid")
    invoice_of = newest(landed, "invoice")[payment["invoice"]]
    company.upsert(invoice_of)
    company.upsert({**payment, "id": "inpay_new", "created": company.clock.now()})
    deliver(landed, from_api(company.url), event(1, company.clock.now() - 5, "invoice.paid", invoice_of))
    assert "inpay_new" in newest(landed, "invoice_payment")


def test_a_thin_event_lands_with_its_object_named(home: Profile) -> None:
    thin = {
        "id": "evt_thin",
        "object": "v2.core.event",
        "type": "v1.billing.meter.error_report_triggered",
        "livemode": True,
        "created": "2025-06-15T15:06:40.250Z",
        "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"},
        "data": {"developer_message_summary": "There is 1 invalid event", "reason": {"error_count": 1}},
    }
    assert deliver(home, NOBODY, thin).quarantined == 0
    found = newest(home, "event")["evt_thin"]
    assert found["data"]["object"] == {"id": "mtr_1", "object": "billing.meter"}
    assert found["data"]["reason"] == {"error_count": 1}
    assert found["created"] == 1_750_000_000


def test_events_without_an_object_id_and_of_unknown_types_land_as_envelopes(home: Profile) -> None:
    upcoming = {**invoice(9)}
    del upcoming["id"]
    strange = {"id": "x_1", "object": "thing.of.next.year"}
    report = deliver(
        home,
        NOBODY,
        event(1, BASE, "invoice.upcoming", upcoming),
        event(2, BASE, "thing.of.next.year.created", strange),
    )
    assert (report.touched, report.quarantined) == (set(), 0)
    assert {"evt_1", "evt_2"} <= set(newest(home, "event"))


def test_what_may_not_land_is_kept_and_the_rest_of_the_batch_lands(home: Profile) -> None:
    wrong = event(1, BASE, "invoice.updated", invoice(1, amount_due=10.5))
    untimed = {"id": "evt_2", "object": "v2.core.event", "created": "yesterday", "livemode": True, "type": "x"}
    right = event(3, BASE, "invoice.updated", invoice(1, status="paid"))
    report = deliver(home, NOBODY, wrong, untimed, b"{no json", right)
    assert report.quarantined == 3
    reasons = [row["reason"] for row in quarantine(home)]
    assert any("amount_due must be an integer" in reason for reason in reasons)
    assert any("'yesterday'" in reason for reason in reasons)
    assert newest(home, "invoice")["in_1"]["status"] == "paid"


def test_events_of_the_other_mode_are_left_out_and_counted(home: Profile) -> None:
    test_event = event(1, BASE, "invoice.updated", invoice(1, status="paid", livemode=False), livemode=False)
    assert deliver(home, NOBODY, test_event).other_mode == 1
    assert newest(home, "invoice")["in_1"]["status"] == "open"


def test_a_home_without_a_first_run_says_so(profile: Profile) -> None:
    with pytest.raises(NothingLandedYetError, match="leaks run"):
        deliver(profile, NOBODY, event(1, BASE, "invoice.paid", invoice(1)))
