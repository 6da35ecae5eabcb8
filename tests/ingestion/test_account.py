"""An account over HTTP: backfill, changes by events, permissions, limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingestion.errors import AccountError, InvalidKeyError, StripeUnavailableError
from ingestion.profile import Profile
from sandbox.stripe import Running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.ingestion.landed import (
    TEST_KEY,
    customer,
    from_api,
    from_export,
    land,
    newest,
    states,
    version_count,
    versions,
)

RESTRICTED = "rk_" + "live_0123456789abcdef"


def test_an_account_lands_what_its_export_lands(
    landed: Profile, tmp_path: Path, company: Running, company_folder: Path
) -> None:
    """Every object's newest state is the same; only events older than Stripe keeps them are the export's alone."""
    exported = Profile(tmp_path / "exported")
    land(exported, from_export(company_folder))
    for table in (
        "customer", "subscription", "invoice", "invoice_payment", "charge", "payment_intent", "price", "refund",
        "dispute", "coupon", "credit_note", "balance_transaction", "payment_method", "meter", "product",
    ):  # fmt: skip
        assert _known(landed, table) == _known(exported, table), table
    assert set(newest(landed, "meter_event_summary")), "usage of metered customers lands too"


def _known(profile: Profile, table: str) -> dict[str, object]:
    """What is known of each object: of a deleted one, an export keeps only that, an event more."""
    return {id: "deleted" if one.get("deleted") else one for id, one in newest(profile, table).items()}


def test_customers_deleted_long_ago_are_asked_for_by_name(landed: Profile, company: Running) -> None:
    """No list has them and their events are gone; their invoices still name them."""
    customers = newest(landed, "customer")
    named = {one["customer"] for table in ("invoice", "subscription") for one in newest(landed, table).values()}
    assert named <= set(customers)
    assert any(one.get("deleted") for one in customers.values())


def test_a_second_look_lands_nothing(landed: Profile, company: Running) -> None:
    before = version_count(landed)
    assert land(landed, from_api(company.url)).rows == {}
    assert version_count(landed) == before


def test_changes_come_from_events(landed: Profile, company: Running) -> None:
    company.clock.advance(timedelta(hours=1).total_seconds())
    open_invoice = next(one for one in newest(landed, "invoice").values() if one["status"] == "open")
    paid = {**open_invoice, "status": "paid", "amount_paid": open_invoice["amount_due"], "amount_remaining": 0}
    company.emit("invoice.paid", paid, {"status": "open"})
    asked_before = len(company.requests)
    report = land(landed, from_api(company.url))
    assert report.rows["invoice"] == 1
    assert newest(landed, "invoice")[paid["id"]]["status"] == "paid"
    asked = [one.path for one in company.requests[asked_before:]]
    assert "/v1/invoices" not in asked, "an incremental run lists no invoices"


def test_an_event_for_an_object_never_seen_lands_it(landed: Profile, company: Running) -> None:
    company.clock.advance(timedelta(hours=1).total_seconds())
    template = next(iter(newest(landed, "customer").values()))
    company.emit("customer.created", {**template, "id": "cus_never_seen", "created": company.clock.now()})
    land(landed, from_api(company.url))
    assert "cus_never_seen" in newest(landed, "customer")


def test_states_of_one_second_are_settled_by_reading_the_object(landed: Profile, company: Running) -> None:
    """Created, finalised and paid within a second: whatever order the events come in, the invoice ends at paid."""
    company.clock.advance(timedelta(hours=1).total_seconds())
    paid = next(one for one in newest(landed, "invoice").values() if one["status"] == "paid")
    fresh = {**paid, "id": "in_within_a_second", "created": company.clock.now()}
    company.emit("invoice.paid", fresh)
    company.emit("invoice.finalized", {**fresh, "status": "open"})
    company.emit("invoice.created", {**fresh, "status": "draft"})
    company.upsert(fresh)
    land(landed, from_api(company.url))
    assert newest(landed, "invoice")["in_within_a_second"]["status"] == "paid"
    assert land(landed, from_api(company.url)).rows == {}, "what is settled is not read again and again"


def test_a_change_of_status_that_cannot_be_is_asked_for_and_stripe_wins(landed: Profile, company: Running) -> None:
    company.clock.advance(timedelta(hours=1).total_seconds())
    ended = next(one for one in newest(landed, "subscription").values() if one["status"] == "canceled")
    company.emit("customer.subscription.updated", {**ended, "status": "active"}, {"status": "canceled"})
    company.upsert(ended)
    report = land(landed, from_api(company.url))
    assert report.impossible == 1
    assert newest(landed, "subscription")[ended["id"]]["status"] == "canceled"
    company.clock.advance(timedelta(hours=1).total_seconds())
    assert land(landed, from_api(company.url)).impossible == 0, "what Stripe settled stays settled"


def test_what_has_no_creation_event_is_found_after_a_gap_of_days(landed: Profile, company: Running) -> None:
    """Stripe says nothing when an invoice payment begins; an invoice that is still failing ends in no other event."""
    company.clock.advance(timedelta(days=2).total_seconds())
    template = next(iter(newest(landed, "invoice_payment").values()))
    company.upsert({**template, "id": "inpay_in_the_gap", "created": company.clock.now()})
    company.clock.advance(timedelta(days=10).total_seconds())
    land(landed, from_api(company.url))
    assert "inpay_in_the_gap" in newest(landed, "invoice_payment")


def test_a_gap_longer_than_stripe_keeps_events_reads_everything_again(landed: Profile, company: Running) -> None:
    company.clock.advance(timedelta(days=45).total_seconds())
    changed = {**next(iter(newest(landed, "customer").values())), "name": "Renamed without an event we can see"}
    company.upsert(changed)
    land(landed, from_api(company.url))
    assert newest(landed, "customer")[changed["id"]]["name"] == "Renamed without an event we can see"


def test_a_missing_permission_switches_off_one_resource_until_it_is_granted(profile: Profile, company: Running) -> None:
    everything = {
        "account",
        "accounts_kyc_basic",
        "balance_transaction_source",
        "billing_meter",
        "charge",
        "coupon",
        "credit_note",
        "customer",
        "event",
        "invoice",
        "invoice_payment",
        "invoiceitem",
        "meter",
        "payment_intent",
        "payment_method",
        "plan",
        "price",
        "product",
        "promotion_code",
        "refund",
        "subscription",
        "subscription_schedule",
    }
    company.restrict(RESTRICTED, {f"{name}_read" for name in everything})
    report = land(profile, from_api(company.url, RESTRICTED))
    off = {one.resource: one for one in report.switched_off}
    assert set(off) == {"dispute"}
    assert "dispute" in str(off["dispute"].reason)
    assert off["dispute"].permission
    assert not states(profile)["dispute"]["is_on"]
    company.restrict(RESTRICTED, {f"{name}_read" for name in everything | {"dispute"}})
    report = land(profile, from_api(company.url, RESTRICTED))
    assert report.switched_off == []
    assert newest(profile, "dispute")


def test_a_key_that_may_read_invoices_only_lands_invoices(profile: Profile, company: Running) -> None:
    company.restrict(RESTRICTED, {"invoice_read"})
    report = land(profile, from_api(company.url, RESTRICTED))
    assert {"customer", "charge", "event"} <= {one.resource for one in report.switched_off}
    assert len(newest(profile, "invoice")) > 200


def test_a_test_key_sees_test_objects_only(profile: Profile, company: Running) -> None:
    company.upsert({**customer(1), "livemode": False})
    report = land(profile, from_api(company.url, TEST_KEY))
    assert report.mode == "test"
    assert all(one["livemode"] is False for one in newest(profile, "customer").values())


def test_one_home_keeps_to_one_account(landed: Profile, company: Running) -> None:
    with pytest.raises(AccountError, match="another LEAKS_HOME"):
        land(landed, from_api(company.url, TEST_KEY))


def test_since_limits_transactions_but_not_who_they_belong_to(profile: Profile, company: Running) -> None:
    since = COMPANY_NOW - timedelta(days=90)
    land(profile, from_api(company.url), since=since)
    created = [one["created"] for one in newest(profile, "invoice").values()]
    assert min(created) >= since.timestamp()
    known = [one for one in newest(profile, "customer").values() if not one.get("deleted")]
    assert min(one["created"] for one in known) < since.timestamp()
    assert states(profile)["invoice"]["covered_from"] == since.replace(tzinfo=None)
    limited = version_count(profile)["invoice"]
    land(profile, from_api(company.url))
    assert version_count(profile)["invoice"] > limited
    assert states(profile)["invoice"]["covered_from"] is None


def test_a_large_account_shows_its_newest_90_days_first(
    profile: Profile, company: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingestion.stripe import account

    monkeypatch.setattr(account, "FIRST_LOOK_SECONDS", -1.0)
    first = land(profile, from_api(company.url))
    assert first.has_more
    assert states(profile)["invoice"]["covered_from"] == (COMPANY_NOW - timedelta(days=90)).replace(tzinfo=None)
    second = land(profile, from_api(company.url))
    assert not second.has_more
    assert states(profile)["invoice"]["covered_from"] is None
    whole = Profile(profile.home / "whole")
    monkeypatch.undo()
    land(whole, from_api(company.url))
    assert {v for v in versions(profile) if v[0] == "invoice"} == {v for v in versions(whole) if v[0] == "invoice"}


@pytest.mark.parametrize("kind", ["500", "429", "malformed", "truncated", "closed"])
def test_a_passing_fault_is_retried(landed: Profile, company: Running, kind: str) -> None:
    company.clock.advance(3600)
    renamed = {**next(iter(newest(landed, "customer").values())), "name": "Renamed"}
    company.emit("customer.updated", renamed)
    company.fail_next("/v1/events", kind, times=2)  # type: ignore[arg-type]
    land(landed, from_api(company.url))
    assert newest(landed, "customer")[renamed["id"]]["name"] == "Renamed"


def test_a_lasting_fault_ends_the_run_and_the_next_one_goes_on(profile: Profile, company: Running) -> None:
    company.fail_next("/v1/invoices", "500", times=100)
    with pytest.raises(StripeUnavailableError, match="status page"):
        land(profile, from_api(company.url))
    company.faults.clear()
    asked = len(company.requests)
    land(profile, from_api(company.url))
    assert len(newest(profile, "invoice")) > 200
    again = [one.path for one in company.requests[asked:] if one.path == "/v1/products"]
    assert again == [], "what had been read is not read again"


def test_a_wrong_key_is_said_plainly(profile: Profile, stripe_sandbox: OpenSandbox, company_folder: Path) -> None:
    sandbox = stripe_sandbox(company_folder, as_of=COMPANY_NOW, keys=["sk_" + "live_another"])
    with pytest.raises(InvalidKeyError, match="STRIPE_API_KEY"):
        land(profile, from_api(sandbox.url))


def test_without_a_network_the_address_is_named_and_nothing_is_lost(landed: Profile, company: Running) -> None:
    before = versions(landed)
    with pytest.raises(StripeUnavailableError, match="STRIPE_API_BASE"):
        land(landed, from_api("http://127.0.0.1:9"))
    assert versions(landed) == before


def test_retry_after_is_respected() -> None:
    from ingestion.stripe import client

    assert client._wait(client._RetryableError("too many", 7.0)) == 7.0
    assert client._wait(client._RetryableError("too many", 10_000.0)) == client.LONGEST_WAIT_SECONDS
    assert client._wait(ValueError()) is False


def test_a_connected_account_is_chosen_by_its_id(landed: Profile, profile: Profile, company: Running) -> None:
    connected = company.stand_in.add_account("acct_connected")
    theirs = next(iter(newest(landed, "invoice").values()))
    company.stand_in.upsert(theirs, account=connected)
    profile = replace(profile, tenant_id="connected")
    land(profile, from_api(company.url, stripe_account=connected))
    assert set(newest(profile, "invoice")) == {theirs["id"]}
    with pytest.raises(AccountError, match="acct_unknown"):
        land(Profile(profile.home / "other"), from_api(company.url, stripe_account="acct_unknown"))


def test_more_lines_than_a_page_holds_are_all_kept(landed: Profile, company: Running) -> None:
    source = next(one for one in newest(landed, "invoice").values() if one["lines"]["data"])
    lines = [{**source["lines"]["data"][0], "id": f"il_{n:03d}", "invoice": "in_long"} for n in range(130)]
    company.upsert({**source, "id": "in_long", "lines": {**source["lines"], "data": lines, "has_more": False}})
    other = replace(landed, tenant_id="other")
    land(other, from_api(company.url))
    assert len(newest(other, "invoice")["in_long"]["lines"]["data"]) == 130
