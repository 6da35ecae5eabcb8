"""What looks like lost money and is none: late, elsewhere, given back, asked back, made anew, never begun."""

from __future__ import annotations

from sandbox import objects
from sandbox.declines import DECLINES

from ..calendar import DAY, HOUR
from ..deck import Role
from ..life import Life, Process
from ..papers import COMPANY
from ..refusals import Refusal
from .common import Story, buys, comes, cycle, sign_up_time
from .failed import declined
from .ordinary import wanders


def rescued(life: Life, _role: Role) -> Process:
    """Declined until the customer gave another card."""
    code = life.random.choice(("expired_card", "lost_card", "insufficient_funds", "incorrect_number"))
    customer, contract, last = yield from declined(life, life.random.randrange(12, 200), code, "rescued")
    yield last + life.random.randrange(2, 9) * DAY
    customer.add_card()
    for invoice in list(life.records["invoice"].values()):
        customer.till.retry_now(contract, invoice)
    yield from wanders(customer, contract)


def late_transfer(life: Life, _role: Role) -> Process:
    """On account, always some days late, never more than the company grants."""
    yield sign_up_time(life)
    customer = comes(life, has_card=False)
    customer.till.transfer_days = 31 + life.random.random() * 4
    contract = buys(customer, life.random.choice(("business", "studio")), days_until_due=30)
    yield from wanders(customer, contract)


def card_then_transfer(life: Life, _role: Role) -> Process:
    """The card failed; the money came by bank."""
    made = declined(life, life.random.randrange(12, 150), "do_not_honor", "card_then_transfer")
    customer, contract, last = yield from made
    yield last + 5 * DAY
    customer.till.refusals.clear()
    invoice = life.records["invoice"][contract.payload["latest_invoice"]]
    if invoice["status"] == "open":
        customer.till.take_transfer(contract, invoice)


def reissued(life: Life, _role: Role) -> Process:
    """Voided because of a wrong address; its successor was paid."""
    made = declined(life, life.random.randrange(8, 120), "generic_decline", "reissued")
    customer, contract, _ = yield from made
    customer.till.refusals.clear()
    invoice = life.records["invoice"][contract.payload["latest_invoice"]]
    lines = [{**line, "id": life.identifier("il")} for line in invoice["lines"]["data"]]
    period = (invoice["period_start"], invoice["period_end"])
    discounts = {one["discount"]: one["amount"] for one in invoice["total_discount_amounts"]}
    successor = objects.invoice(
        life.identifier("in"),
        COMPANY,
        customer.payload,
        contract.payload,
        lines,
        life.at,
        reason="manual",
        period=period,
        discounts=discounts,
    )
    successor["from_invoice"] = {"action": "revision", "invoice": invoice["id"]}
    life.keep("invoice", successor)
    life.change(None, invoice, latest_revision=successor["id"])
    customer.till.void(invoice)
    life.change("customer.subscription.updated", contract.payload, latest_invoice=successor["id"])
    customer.till.finalise(successor)
    yield life.at + HOUR
    customer.till.retry_now(contract, successor)


def refunded(life: Life, _role: Role) -> Process:
    """The newest payment was given back in full."""
    begin, last = cycle(life, life.random.randrange(6, 90), life.random.randrange(1, 10))
    yield begin
    customer = comes(life)
    contract = buys(customer)
    yield last + 4 * DAY
    invoice = life.records["invoice"][contract.payload["latest_invoice"]]
    charge = customer.till.charge_of(invoice)
    if charge is not None:
        customer.till.refund(charge, charge["amount"])
        life.note("unpaid_invoice", "refunded", invoice["id"], note="paid and given back")
    if life.random.random() < 0.5:
        contract.cancel("cancellation_requested")


def disputed(life: Life, _role: Role) -> Process:
    """The cardholder asked the bank for the money back."""
    begin, last = cycle(life, life.random.randrange(20, 120), life.random.randrange(1, 10))
    yield begin
    customer = comes(life)
    contract = buys(customer)
    yield last + 12 * DAY
    invoice = life.records["invoice"][contract.payload["latest_invoice"]]
    charge = customer.till.charge_of(invoice)
    if charge is None:
        return
    made = customer.till.dispute(charge, life.random.choice(("fraudulent", "product_not_received")))
    life.note("unpaid_invoice", "disputed", invoice["id"], note="paid, and the bank asks it back")
    yield life.at + life.random.randrange(10, 60) * DAY
    status = life.random.choice(("won", "lost"))
    customer.till.decide(made, status)
    if status == "lost":
        contract.cancel("cancellation_requested")


def never_started(life: Life, _role: Role) -> Process:
    """The first payment failed and nobody came back."""
    yield sign_up_time(life)
    customer = comes(life)
    code = life.random.choice(("insufficient_funds", "generic_decline", "incorrect_cvc", "authentication_required"))
    customer.till.refusals.append(Refusal(code, "sign_up", life.at))
    buys(customer)
    customer.activity.stop()


def card_tester(life: Life, _role: Role) -> Process:
    """Somebody tries out card numbers on a payment form: blocked charges of no invoice."""
    yield sign_up_time(life)
    customer = comes(life, has_card=False)
    why = DECLINES["highest_risk_level"]
    for _ in range(life.random.randrange(4, 9)):
        method = customer.add_card(is_default=False)
        form = {"amount_remaining": 100, "currency": customer.currency, "customer": customer.payload["id"]}
        intent = objects.payment_intent(life.identifier("pi"), {**form, "livemode": True}, life.at)
        charge = objects.charge(
            life.identifier("ch"), {**intent, "description": None}, method, life.at, decline=why.reason, is_blocked=True
        )
        intent.update(description=None, latest_charge=charge["id"], setup_future_usage=None)
        life.keep("payment_intent", intent)
        life.keep("charge", charge)
        life.emit("charge.failed", charge)
        yield life.at + 40
    life.note("unpaid_invoice", "card_testing", charge["id"], note="blocked charges without an invoice")


STORIES: dict[str, Story] = {
    "rescued": rescued,
    "late_transfer": late_transfer,
    "card_then_transfer": card_then_transfer,
    "reissued": reissued,
    "refunded": refunded,
    "disputed": disputed,
    "never_started": never_started,
    "card_tester": card_tester,
}
