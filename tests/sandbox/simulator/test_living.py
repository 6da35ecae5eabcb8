"""Behind the stand-in the company goes on: time moves on request, and what others did in between counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.simulator import Living, Plan
from sandbox.stripe import Running, running
from tests.contracts.openapi import OpenApi
from tests.sandbox.clients import LIVE, client_for, every
from tests.sandbox.simulator.written import ANCHOR, Payload
from tests.sandbox.test_webhooks import SECRET, receiving

_DAY = 86_400


@pytest.fixture
def living(plan: Plan) -> Iterator[Running]:
    """A hundred customers behind HTTP, their clock standing at the anchor."""
    small = Plan(plan.seed, 100, plan.anchor)
    with running(
        as_of=datetime.fromtimestamp(ANCHOR, UTC),
        is_frozen=True,
        company=lambda stand_in: Living(small, stand_in.account()),
    ) as sandbox:
        yield sandbox


@pytest.fixture
def control(living: Running) -> Callable[..., httpx.Response]:
    """Posts to a control route."""

    def post(what: str, **body: Any) -> httpx.Response:
        return httpx.post(f"{living.url}/_sandbox/{what}", json=body, timeout=60)

    return post


def _retried(living: Running) -> Payload:
    """An invoice that Stripe is still trying to collect, of a customer with one subscription."""
    return next(
        one
        for one in living.stand_in.account().store.all("invoice")
        if one["next_payment_attempt"] and one["livemode"] and one["billing_reason"] == "subscription_cycle"
    )


def _paying(living: Running) -> Payload:
    """A customer who pays by card every month and owes nothing."""
    store = living.stand_in.account().store
    for subscription in store.all("subscription"):
        item = subscription["items"]["data"][0]
        is_plain = subscription["status"] == "active" and subscription["collection_method"] == "charge_automatically"
        is_paid = (
            item["price"]["unit_amount"] and not subscription["discounts"] and not subscription["pause_collection"]
        )
        if is_plain and is_paid and subscription["livemode"] and subscription["trial_end"] is None:
            return living.get("customer", subscription["customer"])
    raise AssertionError("nobody pays")


def test_time_moves_over_http_and_things_happen_at_their_own_times(
    living: Running, control: Callable[..., httpx.Response]
) -> None:
    answer = control("advance", seconds=3 * _DAY)
    assert answer.json()["now"] == living.clock.now() == ANCHOR + 3 * _DAY
    fresh = every(living, f"/v1/events?created[gt]={ANCHOR}")
    assert 20 < len(fresh) <= answer.json()["events"], "those of test mode are not seen with a live key"
    assert len({event["created"] for event in fresh}) > 10
    assert {event["type"] for event in fresh} >= {"invoice.finalized", "invoice.paid", "customer.subscription.updated"}


def test_an_invoice_that_was_paid_in_between_is_not_tried_again(
    living: Running, control: Callable[..., httpx.Response]
) -> None:
    invoice = _retried(living)
    client_for(living).v1.invoices.pay(invoice["id"])
    paid_at = living.clock.now()
    control("advance", seconds=20 * _DAY)
    after = living.get("invoice", invoice["id"])
    assert after["status"] == "paid"
    assert after["status_transitions"]["paid_at"] == paid_at
    intents = {
        one["payment"]["payment_intent"]
        for one in living.stand_in.account().store.where("invoice_payment", "invoice", invoice["id"])
    }
    later = [
        one
        for one in living.stand_in.account().store.all("charge")
        if one["payment_intent"] in intents and one["created"] > paid_at
    ]
    assert later == []


def test_an_invoice_that_nobody_paid_is_tried_again(living: Running, control: Callable[..., httpx.Response]) -> None:
    invoice = _retried(living)
    control("advance", seconds=15 * _DAY)
    after = living.get("invoice", invoice["id"])
    assert after["attempt_count"] > invoice["attempt_count"]


def test_a_payment_fails_on_request_and_goes_on_failing(
    living: Running, control: Callable[..., httpx.Response], stripe_openapi: OpenApi
) -> None:
    customer = _paying(living)
    answer = control("fail-payment", customer=customer["id"])
    assert answer.status_code == 200, answer.text
    invoice = living.get("invoice", answer.json()["invoice"]["id"])
    assert (invoice["status"], invoice["attempt_count"], invoice["customer"]) == ("open", 1, customer["id"])
    assert invoice["next_payment_attempt"] > living.clock.now()
    assert living.get("customer", customer["id"])["delinquent"] is True
    kinds = [event["type"] for event in every(living, f"/v1/events?created[gte]={ANCHOR}")]
    assert "invoice.payment_failed" in kinds
    assert "charge.failed" in kinds
    for name in ("invoice", "subscription", "charge"):
        stripe_openapi.validate_object(next(living.stand_in.account().store.all(name)))
    control("advance", seconds=15 * _DAY)
    after = living.get("invoice", invoice["id"])
    assert (after["status"], after["attempt_count"], after["next_payment_attempt"]) == ("open", 8, None)


def test_an_open_invoice_is_tried_once_more_on_request(living: Running, control: Callable[..., httpx.Response]) -> None:
    invoice = _retried(living)
    answer = control("fail-payment", customer=invoice["customer"])
    assert answer.json()["invoice"]["id"] == invoice["id"]
    assert living.get("invoice", invoice["id"])["attempt_count"] == invoice["attempt_count"]


def test_what_cannot_be_done_is_refused_with_a_reason(living: Running, control: Callable[..., httpx.Response]) -> None:
    unknown = control("fail-payment", customer="cus_nobody")
    assert unknown.status_code == 400
    assert "cus_nobody" in unknown.json()["error"]
    store = living.stand_in.account().store
    sent = next(one for one in store.all("subscription") if one["collection_method"] == "send_invoice")
    assert (
        "no running subscription that a card pays" in control("fail-payment", customer=sent["customer"]).json()["error"]
    )
    assert control("advance", seconds=-1).status_code == 400
    assert control("advance", seconds="soon").status_code == 400


def test_a_folder_has_nobody_to_upset(company_folder: Any) -> None:
    with running(company_folder) as sandbox:
        answer = httpx.post(f"{sandbox.url}/_sandbox/fail-payment", json={"customer": "cus_1"})
        assert answer.status_code == 400
        assert "Start it without --data" in answer.json()["error"]
        before = sandbox.clock.now()
        assert httpx.post(f"{sandbox.url}/_sandbox/advance", json={"seconds": 60}).json()["events"] == 0
        assert sandbox.clock.now() >= before + 60


def test_control_routes_are_no_part_of_stripe(living: Running) -> None:
    headers = {"Authorization": f"Bearer {LIVE}"}
    assert httpx.get(f"{living.url}/v1/_sandbox/advance", headers=headers).status_code == 404


def test_what_happens_goes_out_as_signed_webhooks(plan: Plan) -> None:
    with (
        receiving() as receiver,
        running(
            as_of=datetime.fromtimestamp(ANCHOR, UTC),
            is_frozen=True,
            company=lambda stand_in: Living(Plan(plan.seed, 30, plan.anchor), stand_in.account()),
            webhook_url=receiver.url,
            webhook_secret=SECRET,
        ) as sandbox,
    ):
        sandbox.stand_in.advance(5 * _DAY)
        assert sandbox.webhooks.wait(60)
        sent = {event.id for event in receiver.events()}
        happened = {one["id"] for one in sandbox.stand_in.account().store.all("event") if one["created"] > ANCHOR}
        assert sent == happened
        assert sent
