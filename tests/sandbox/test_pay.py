"""Paying an invoice moves money once, and everything that Stripe would change changes with it."""

from __future__ import annotations

import httpx
import pytest
from stripe import CardError, InvalidRequestError, StripeClient

from sandbox.stripe import Running
from tests.sandbox.clients import LIVE, every, invoice_of


def _card_of(sandbox: Running, customer_id: str) -> dict[str, object]:
    customer = sandbox.get("customer", customer_id)
    return sandbox.get("payment_method", customer["invoice_settings"]["default_payment_method"])


def _fingerprint(sandbox: Running, customer_id: str) -> str:
    return str(_card_of(sandbox, customer_id)["card"]["fingerprint"])  # type: ignore[index]


def test_a_payment_settles_the_invoice_and_the_ledger_says_so(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    paid = client.v1.invoices.pay(invoice["id"])
    assert (paid.status, paid.amount_remaining, paid.amount_paid) == ("paid", 0, invoice["amount_due"])
    assert paid.status_transitions.paid_at == sandbox.clock.now()
    assert paid.next_payment_attempt is None
    [entry] = sandbox.ledger.entries
    assert (entry.kind, entry.invoice, entry.amount_minor, entry.currency) == (
        "charge",
        invoice["id"],
        invoice["amount_remaining"],
        "usd",
    )


def test_charge_intent_payment_and_balance_agree(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined in euro")
    client.v1.invoices.pay(invoice["id"])
    charge = client.v1.charges.retrieve(sandbox.ledger.entries[0].id)
    intent = client.v1.payment_intents.retrieve(str(charge.payment_intent))
    [payment] = client.v1.invoice_payments.list({"invoice": invoice["id"]}).data
    line = client.v1.balance_transactions.retrieve(str(charge.balance_transaction))
    assert (charge.status, charge.paid, charge.amount) == ("succeeded", True, invoice["amount_remaining"])
    assert (intent.status, intent.amount_received, intent.latest_charge) == ("succeeded", charge.amount, charge.id)
    assert (payment.status, payment.amount_paid, payment.payment.payment_intent) == ("paid", charge.amount, intent.id)
    assert (line.source, line.currency) == (charge.id, "usd")
    assert line.exchange_rate == pytest.approx(1.09, rel=0.02)
    assert line.amount == pytest.approx(charge.amount * line.exchange_rate, abs=1)
    assert line.net == line.amount - line.fee


def test_yen_become_cents_at_the_rate_of_whole_units(client: StripeClient, sandbox: Running) -> None:
    client.v1.invoices.pay(invoice_of(sandbox, "declined in yen")["id"])
    charge = client.v1.charges.retrieve(sandbox.ledger.entries[0].id)
    line = client.v1.balance_transactions.retrieve(str(charge.balance_transaction))
    assert line.exchange_rate == pytest.approx(0.0067, rel=0.02)
    assert line.amount == pytest.approx(charge.amount * line.exchange_rate * 100, rel=0.01)


def test_a_payment_makes_events_with_old_values(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    sandbox.clock.advance(60)
    client.v1.invoices.pay(invoice["id"])
    events = client.v1.events.list({"created": {"gte": sandbox.clock.now()}, "limit": 100}).data
    kinds = [event.type for event in reversed(events)]
    assert kinds == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
        "customer.updated",
    ]
    plain = [event.to_dict() for event in events]
    previous = {
        one["type"]: one["data"]["previous_attributes"] for one in plain if "previous_attributes" in one["data"]
    }
    assert previous["invoice.updated"]["status"] == "open"
    assert previous["invoice.updated"]["amount_remaining"] == invoice["amount_remaining"]
    assert previous["customer.subscription.updated"] == {"status": "past_due"}
    assert previous["customer.updated"] == {"delinquent": True}
    assert all(event.request and event.request.id == sandbox.requests[0].request_id for event in events)


@pytest.mark.parametrize(
    ("decline", "code", "network", "advice"),
    [
        ("insufficient_funds", "card_declined", "51", "try_again_later"),
        ("stolen_card", "card_declined", "43", "do_not_try_again"),
        ("expired_card", "expired_card", "54", "confirm_card_data"),
        ("processing_error", "processing_error", "96", "try_again_later"),
        ("authentication_required", "authentication_required", "1A", "confirm_card_data"),
    ],
)
def test_a_decline_is_402_with_its_codes(
    client: StripeClient, sandbox: Running, decline: str, code: str, network: str, advice: str
) -> None:
    invoice = invoice_of(sandbox, "declined")
    sandbox.decline(_fingerprint(sandbox, invoice["customer"]), decline)
    with pytest.raises(CardError) as caught:
        client.v1.invoices.pay(invoice["id"])
    error = caught.value.json_body["error"]  # type: ignore[index]
    assert caught.value.http_status == 402
    assert (error["type"], error["code"], error["decline_code"]) == ("card_error", code, decline)
    assert (error["network_decline_code"], error["advice_code"]) == (network, advice)
    charge = client.v1.charges.retrieve(error["charge"])
    assert charge.outcome
    assert (charge.status, charge.outcome.reason, charge.failure_code) == ("failed", decline, code)
    assert error["payment_intent"]["latest_charge"] == charge.id


def test_a_decline_moves_no_money_and_leaves_the_invoice_open(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    sandbox.decline(_fingerprint(sandbox, invoice["customer"]), "generic_decline")
    sandbox.clock.advance(60)
    with pytest.raises(CardError):
        client.v1.invoices.pay(invoice["id"])
    after = client.v1.invoices.retrieve(invoice["id"])
    assert (after.status, after.amount_remaining) == ("open", invoice["amount_remaining"])
    assert len(sandbox.ledger) == 0
    events = client.v1.events.list({"created": {"gte": sandbox.clock.now()}}).data
    assert {event.type for event in events} >= {
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.payment_failed",
    }


def test_attempts_by_hand_after_the_first_leave_the_count_alone(client: StripeClient, sandbox: Running) -> None:
    retried = invoice_of(sandbox, "declined")
    sent = invoice_of(sandbox, "overdue")
    for invoice in (retried, sent):
        sandbox.decline(_fingerprint(sandbox, invoice["customer"]), "generic_decline")
        with pytest.raises(CardError):
            client.v1.invoices.pay(invoice["id"])
    assert client.v1.invoices.retrieve(retried["id"]).attempt_count == retried["attempt_count"]
    assert (sent["attempt_count"], client.v1.invoices.retrieve(sent["id"]).attempt_count) == (0, 1)


def test_a_card_declines_by_its_metadata(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    card = _card_of(sandbox, invoice["customer"])
    sandbox.upsert({**card, "metadata": {"sandbox_decline": "lost_card"}})
    with pytest.raises(CardError) as caught:
        client.v1.invoices.pay(invoice["id"])
    assert caught.value.json_body["error"]["decline_code"] == "lost_card"  # type: ignore[index]


def test_the_payment_method_asked_for_beats_the_default(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "stale card")
    subscription = sandbox.get("subscription", invoice["parent"]["subscription_details"]["subscription"])
    old = sandbox.get("payment_method", subscription["default_payment_method"])
    sandbox.decline(old["card"]["fingerprint"], "expired_card")
    with pytest.raises(CardError):
        client.v1.invoices.pay(invoice["id"])
    fresh = _card_of(sandbox, invoice["customer"])
    assert fresh["id"] != old["id"]
    assert client.v1.invoices.pay(invoice["id"], {"payment_method": str(fresh["id"])}).status == "paid"


def test_a_card_of_somebody_else_is_refused(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    other = _card_of(sandbox, invoice_of(sandbox, "declined in euro")["customer"])
    with pytest.raises(InvalidRequestError, match="must be attached to the customer") as caught:
        client.v1.invoices.pay(invoice["id"], {"payment_method": str(other["id"])})
    assert caught.value.code == "resource_missing"


def test_without_any_payment_method_nothing_is_attempted(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    customer = sandbox.get("customer", invoice["customer"])
    settings = {**customer["invoice_settings"], "default_payment_method": None}
    sandbox.upsert({**customer, "invoice_settings": settings})
    with pytest.raises(InvalidRequestError, match="no attached payment source or default payment method"):
        client.v1.invoices.pay(invoice["id"])


@pytest.mark.parametrize(
    ("customer", "status", "message"),
    [
        ("pays", "paid", "Invoice is already paid"),
        ("never started", "void", "void"),
        ("draft", "draft", "draft"),
    ],
)
def test_an_invoice_that_is_not_open_is_refused(
    client: StripeClient, sandbox: Running, customer: str, status: str, message: str
) -> None:
    invoice = invoice_of(sandbox, customer, status=status)
    with pytest.raises(InvalidRequestError, match=message) as caught:
        client.v1.invoices.pay(invoice["id"])
    assert caught.value.http_status == 400
    assert len(sandbox.ledger) == 0


def test_an_uncollectible_invoice_can_still_be_paid(client: StripeClient, sandbox: Running) -> None:
    assert client.v1.invoices.pay(invoice_of(sandbox, "written off")["id"]).status == "paid"


def test_money_from_outside_is_recorded_without_a_charge(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined too")
    before = len(every(sandbox, "/v1/charges"))
    paid = client.v1.invoices.pay(invoice["id"], {"paid_out_of_band": True})
    assert (paid.status, paid.amount_paid_off_stripe) == ("paid", invoice["amount_remaining"])
    assert len(every(sandbox, "/v1/charges")) == before
    [entry] = sandbox.ledger.entries
    assert (entry.kind, entry.amount_minor) == ("out_of_band", invoice["amount_remaining"])
    [payment] = client.v1.invoice_payments.list({"invoice": invoice["id"]}).data
    assert payment.status == "canceled"


def test_a_partly_credited_invoice_charges_only_what_remains(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "part credited")
    assert invoice["amount_remaining"] < invoice["total"]
    client.v1.invoices.pay(invoice["id"])
    assert sandbox.ledger.entries[0].amount_minor == invoice["amount_remaining"]
    assert client.v1.charges.retrieve(sandbox.ledger.entries[0].id).amount == invoice["amount_remaining"]


def test_an_unknown_parameter_of_a_form_is_refused(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    answer = httpx.post(
        f"{sandbox.url}/v1/invoices/{invoice['id']}/pay",
        data={"amount": "100"},
        headers={"Authorization": f"Bearer {LIVE}"},
    )
    assert answer.json()["error"]["code"] == "parameter_unknown"
    assert len(sandbox.ledger) == 0


def test_the_answer_expands(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    paid = client.v1.invoices.pay(invoice["id"], {"expand": ["customer"]}).to_dict()
    assert paid["customer"]["name"] == invoice["customer_name"]
