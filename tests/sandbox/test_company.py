"""The small company is valid, complete and the same every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox import company
from sandbox.company.stories import STORIES
from tests.contracts.fixtures import COMPANY_NOW
from tests.contracts.openapi import OpenApi

_DAY = 86_400


@pytest.mark.parametrize(
    "now",
    [
        COMPANY_NOW,
        datetime(2026, 3, 31, 23, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 0, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 12, tzinfo=UTC),
    ],
)
def test_every_object_is_valid_at_any_time(stripe_openapi: OpenApi, now: datetime) -> None:
    for payloads in company.build(now).values():
        for payload in payloads:
            stripe_openapi.validate_object(payload)


def test_the_same_time_makes_the_same_company() -> None:
    assert company.build(COMPANY_NOW) == company.build(COMPANY_NOW)


def test_about_sixty_customers_a_year_and_three_currencies() -> None:
    made = company.build(COMPANY_NOW)
    assert 55 <= len(STORIES) <= 70
    assert {invoice["currency"] for invoice in made["invoice"]} == {"usd", "eur", "jpy"}
    oldest = min(invoice["created"] for invoice in made["invoice"])
    assert COMPANY_NOW.timestamp() - oldest > 365 * _DAY


@pytest.mark.parametrize("day", [1, 2, 14, 28, 29, 30, 31])
def test_nothing_happened_after_now_on_any_day_of_a_month(day: int) -> None:
    now = datetime(2026, 8, 1, 9, 30, tzinfo=UTC) + timedelta(days=day - 1)
    made = company.build(now)
    for name in ("customer", "subscription", "invoice", "charge", "payment_intent", "refund", "dispute", "event"):
        for payload in made[name]:
            if not payload.get("deleted"):
                assert payload["created"] <= now.timestamp(), (name, payload["id"])
    for invoice in made["invoice"]:
        for at in invoice["status_transitions"].values():
            assert at is None or at <= now.timestamp()
        if invoice["next_payment_attempt"] is not None:
            assert invoice["next_payment_attempt"] > now.timestamp()


def test_every_way_in_which_an_invoice_can_end_is_there() -> None:
    made = company.build(COMPANY_NOW)
    invoices = made["invoice"]
    by_name = {invoice["customer_name"]: invoice for invoice in invoices}
    assert {invoice["status"] for invoice in invoices} == {"draft", "open", "paid", "void", "uncollectible"}
    assert any(invoice["total"] == 0 for invoice in invoices)
    assert any(invoice["from_invoice"] for invoice in invoices)
    assert any(invoice["latest_revision"] for invoice in invoices)
    assert any(invoice["amount_paid_off_stripe"] for invoice in invoices)
    assert any(invoice["test_clock"] for invoice in invoices)
    assert any(not invoice["livemode"] and not invoice["test_clock"] for invoice in invoices)
    assert any(invoice["due_date"] and invoice["due_date"] < COMPANY_NOW.timestamp() for invoice in invoices)
    assert {subscription["status"] for subscription in made["subscription"]} >= {
        "active",
        "canceled",
        "incomplete",
        "incomplete_expired",
        "past_due",
        "trialing",
        "unpaid",
    }
    assert by_name["Fern Apparel"]["next_payment_attempt"]
    assert made["refund"]
    assert made["credit_note"]
    assert {dispute["status"] for dispute in made["dispute"]} == {"needs_response", "lost"}
    reasons = {charge["outcome"]["reason"] for charge in made["charge"] if charge["status"] == "failed"}
    assert len(reasons) >= 10
    assert any(charge["outcome"]["type"] == "blocked" for charge in made["charge"])


def test_money_adds_up() -> None:
    made = company.build(COMPANY_NOW)
    succeeded: dict[str, int] = {}
    intents = {payment["payment"]["payment_intent"]: payment["invoice"] for payment in made["invoice_payment"]}
    for charge in made["charge"]:
        if charge["status"] == "succeeded":
            invoice_id = intents[charge["payment_intent"]]
            succeeded[invoice_id] = succeeded.get(invoice_id, 0) + charge["amount"]
    for invoice in made["invoice"]:
        assert invoice["amount_remaining"] == invoice["amount_due"] - invoice["amount_paid"]
        assert invoice["amount_paid"] == succeeded.get(invoice["id"], 0) + invoice["amount_paid_off_stripe"]
        assert invoice["total"] == invoice["subtotal"] - sum(one["amount"] for one in invoice["total_discount_amounts"])


def test_the_newest_event_of_an_invoice_shows_its_status() -> None:
    made = company.build(COMPANY_NOW)
    status = {invoice["id"]: invoice["status"] for invoice in made["invoice"]}
    newest: dict[str, str] = {}
    for event in made["event"]:
        shown = event["data"]["object"]
        if shown["object"] == "invoice":
            newest[shown["id"]] = shown["status"]
    assert newest
    assert newest == {invoice_id: status[invoice_id] for invoice_id in newest}
