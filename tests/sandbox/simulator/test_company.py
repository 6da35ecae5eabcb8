"""The made-up company is valid, complete and adds up."""

from __future__ import annotations

import re
from collections import defaultdict

from tests.contracts.openapi import OpenApi
from tests.sandbox.simulator.written import ANCHOR, Payload, Written, strings

_ID = re.compile(r"(cus|sub|in|pi|ch|pm|txn|inpay|price|prod|re|dp|cn|ii|mtr|promo)_[A-Za-z0-9]{14,}")
_EVENT_SAMPLE = 7
# What changes without an event at Stripe, too.
_SILENT = {
    "customer": {"next_invoice_sequence"},
    "invoiceitem": {"invoice"},
    "dispute": {"balance_transactions"},
}


def test_every_object_is_valid(company: Written, stripe_openapi: OpenApi) -> None:
    for name, rows in company.objects.items():
        assert rows, f"there is no {name}"
        for payload in rows:
            stripe_openapi.validate_object(payload)
    for event in company.events[::_EVENT_SAMPLE]:
        stripe_openapi.validate_object(event)


def test_every_id_that_an_object_names_exists(company: Written) -> None:
    missing = {
        (path, text)
        for rows in company.objects.values()
        for payload in rows
        for path, text in strings(payload)
        if _ID.fullmatch(text) and text not in company.by_id
    }
    assert not missing


def test_nothing_is_of_the_future(company: Written) -> None:
    for rows in (*company.objects.values(), company.events):
        for payload in rows:
            assert payload.get("created", payload.get("date", 0)) <= ANCHOR
    for invoice in company.objects["invoice"]:
        assert all(at is None or at <= ANCHOR for at in invoice["status_transitions"].values())
        attempt = invoice["next_payment_attempt"]
        assert attempt is None or (attempt > ANCHOR and invoice["status"] == "open")


def _charged(company: Written) -> dict[str, int]:
    """What cards paid, by invoice."""
    invoice_of = {one["payment"]["payment_intent"]: one["invoice"] for one in company.objects["invoice_payment"]}
    charged: dict[str, int] = defaultdict(int)
    for charge in company.objects["charge"]:
        if charge["status"] == "succeeded":
            charged[invoice_of[charge["payment_intent"]]] += charge["amount"]
    return charged


def test_the_money_of_each_invoice_adds_up(company: Written) -> None:
    charged = _charged(company)
    for invoice in company.objects["invoice"]:
        lines = invoice["lines"]["data"]
        assert invoice["subtotal"] == sum(line["amount"] for line in lines)
        given = sum(one["amount"] for one in invoice["total_discount_amounts"])
        assert given == sum(one["amount"] for line in lines for one in line["discount_amounts"])
        assert invoice["total"] == invoice["subtotal"] - given >= 0
        assert invoice["amount_due"] == invoice["total"] - invoice["pre_payment_credit_notes_amount"]
        assert invoice["amount_remaining"] == invoice["amount_due"] - invoice["amount_paid"]
        assert invoice["amount_paid"] == charged[invoice["id"]] + invoice["amount_paid_off_stripe"]
        assert invoice["status"] != "paid" or invoice["amount_remaining"] == 0
        if invoice["currency"] == "kwd":
            assert invoice["total"] % 10 == 0


def test_no_period_is_billed_twice(company: Written) -> None:
    billed = [
        (line["subscription"], line["pricing"]["price_details"]["price"], line["period"]["start"])
        for invoice in company.objects["invoice"]
        if invoice["status"] != "void"
        for line in invoice["lines"]["data"]
        if line["parent"]["subscription_item_details"]
    ]
    assert len(billed) == len(set(billed))


def test_the_balance_is_what_moved(company: Written) -> None:
    refunded: dict[str, int] = defaultdict(int)
    for refund in company.objects["refund"]:
        refunded[refund["charge"]] += refund["amount"]
    for charge in company.objects["charge"]:
        assert charge["amount_refunded"] == refunded[charge["id"]]
        assert (charge["balance_transaction"] is None) == (charge["status"] != "succeeded")
    for line in company.objects["balance_transaction"]:
        source = company.by_id[line["source"]]
        assert line["net"] == line["amount"] - line["fee"]
        assert (line["status"] == "available") == (line["available_on"] <= ANCHOR)
        assert (line["exchange_rate"] is None) == (source["currency"] == "usd")
        assert line["type"] == "adjustment" or (line["amount"] > 0) == (line["type"] == "charge")
        if line["type"] == "charge" and line["exchange_rate"] is None:
            assert line["amount"] == source["amount"]


def _shown(payload: Payload) -> Payload:
    """An object as the API shows it, without what changes in silence."""
    silent = _SILENT.get(payload["object"], set())
    shown = {name: value for name, value in payload.items() if name not in silent}
    if payload["object"] == "subscription":
        shown["discounts"] = [one["id"] if isinstance(one, dict) else one for one in payload["discounts"]]
    return shown


def test_the_last_event_about_an_object_shows_it_as_it_is(company: Written) -> None:
    newest: dict[str, list[Payload]] = {}
    for event in company.events:
        newest.setdefault(event["data"]["object"]["id"], []).append(event)
    compared = 0
    for object_id, events in newest.items():
        present = company.by_id.get(object_id)
        if present is None:
            assert object_id.startswith("di_"), object_id
        elif not present.get("deleted"):
            last = max(event["created"] for event in events)
            # Within one second nothing orders events.
            states = [_shown(event["data"]["object"]) for event in events if event["created"] == last]
            assert _shown(present) in states
            compared += 1
    assert compared > 1_000


def test_events_come_late_and_twice_as_webhooks_do(company: Written) -> None:
    ids = [event["id"] for event in company.events]
    assert len(set(ids)) < len(ids)
    newest, late = 0, 0
    for event in company.events:
        late += event["created"] < newest - 3_600
        newest = max(newest, event["created"])
    assert late > 10


def test_currencies_of_no_two_and_three_decimals_and_both_intervals(company: Written) -> None:
    assert {one["currency"] for one in company.objects["invoice"]} == {"usd", "eur", "gbp", "jpy", "kwd"}
    intervals = {
        item["price"]["recurring"]["interval"]
        for subscription in company.objects["subscription"]
        for item in subscription["items"]["data"]
    }
    assert intervals == {"month", "year"}


def test_declines_have_many_codes_and_their_advice(company: Written) -> None:
    failed = [one["outcome"] for one in company.objects["charge"] if one["status"] == "failed"]
    assert len({outcome["reason"] for outcome in failed}) >= 8
    assert {outcome["advice_code"] for outcome in failed} >= {"try_again_later", "do_not_try_again"}


def test_a_lost_card_is_not_tried_again_although_stripe_plans_to(company: Written) -> None:
    charges: dict[str, int] = defaultdict(int)
    for charge in company.objects["charge"]:
        charges[charge["payment_intent"]] += 1
    intent_of = {one["invoice"]: one["payment"]["payment_intent"] for one in company.objects["invoice_payment"]}
    phantoms = [label["object"] for label in company.labels if label["leak_type"] == "phantom_retry"]
    assert phantoms
    for invoice_id in phantoms:
        assert charges[intent_of[invoice_id]] == 1
