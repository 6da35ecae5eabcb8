"""Stories that end with the money in, given back, or asked back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .aftermath import dispute, refund
from .book import DAY, HOUR, Payload, add_months
from .dunning import dun, set_delinquent, set_status
from .outcomes import pay, pay_outside, settle_nothing, void
from .papers import new_invoice

if TYPE_CHECKING:
    from .life import Life


def pays(life: Life, invoice: Payload) -> None:
    """Nothing special."""
    life.settle(invoice)


def paid_invoice(life: Life, invoice: Payload) -> None:
    """Sent, and paid by transfer in time."""
    pay_outside(life.book, invoice, invoice["created"] + 12 * DAY)


def cancelled(life: Life, invoice: Payload) -> None:
    """Paid, then left of its own will."""
    life.settle(invoice)
    at = invoice["created"] + 5 * DAY
    life.subscription["cancellation_details"]["reason"] = "cancellation_requested"
    life.subscription.update(status="canceled", canceled_at=at, ended_at=at)
    life.book.emit("customer.subscription.deleted", life.subscription, at)


def cancels_later(life: Life, invoice: Payload) -> None:
    """Paid; will leave at the end of the period."""
    life.settle(invoice)
    at = invoice["created"] + 4 * DAY
    end = life.subscription["items"]["data"][0]["current_period_end"]
    life.book.change(
        "customer.subscription.updated",
        life.subscription,
        at,
        cancel_at_period_end=True,
        cancel_at=end,
        canceled_at=at,
    )


def meters(life: Life, invoice: Payload) -> None:
    """Paid; the meter counts this customer's reports, month by month."""
    life.settle(invoice)
    for months in range(6, -1, -1):
        start = add_months(invoice["created"], -months) // DAY * DAY
        for day in range(0, 28, 7):
            begin = start + day * DAY
            if begin + DAY <= life.book.now:
                _summary(life, begin, 900 + 37 * (months + day))


def _summary(life: Life, begin: int, value: int) -> None:
    life.book.put(
        "meter_event_summary",
        {
            "id": life.book.identifier("mtrusg"),
            "object": "billing.meter_event_summary",
            "aggregated_value": value,
            "customer": life.customer["id"],
            "end_time": begin + DAY,
            "livemode": True,
            "meter": life.catalog.meter["id"],
            "start_time": begin,
        },
    )


def recovered(life: Life, invoice: Payload) -> None:
    """Failed twice, then the third attempt went through."""
    made = dun(life, invoice, invoice["created"] + 3 * DAY)
    at = min(made[-1] + 2 * DAY, life.book.now)
    pay(life.book, invoice, life.card, at)
    set_status(life, "active", at)
    set_delinquent(life, at, is_late=False)


def reissued(life: Life, invoice: Payload) -> None:
    """Failed, was voided for a wrong address, and its successor was paid."""
    dun(life, invoice, invoice["created"] + DAY)
    at = invoice["created"] + 2 * DAY
    line = invoice["lines"]["data"][0]
    successor = new_invoice(
        life.book,
        life.customer,
        life.subscription,
        line["amount"],
        at,
        reason="manual",
        period=(line["period"]["start"], line["period"]["end"]),
    )
    successor["from_invoice"] = {"action": "revision", "invoice": invoice["id"]}
    invoice["latest_revision"] = successor["id"]
    void(life.book, invoice, at)
    pay(life.book, successor, life.card, at + HOUR)
    set_status(life, "active", at + HOUR)
    set_delinquent(life, at + HOUR, is_late=False)


def paid_outside(life: Life, invoice: Payload) -> None:
    """The card failed, or no card was asked; the money came by bank transfer."""
    if not life.story.is_invoiced:
        dun(life, invoice, invoice["created"] + 5 * DAY)
    at = invoice["created"] + 10 * DAY
    pay_outside(life.book, invoice, at)
    set_status(life, "active", at)
    set_delinquent(life, at, is_late=False)


def refunded(life: Life, invoice: Payload) -> None:
    """Paid and given back in full."""
    charge = pay(life.book, invoice, life.card, invoice["created"] + HOUR)
    refund(life.book, charge, charge["amount"], invoice["created"] + 4 * DAY)


def part_refunded(life: Life, invoice: Payload) -> None:
    """Paid, and a third given back."""
    charge = pay(life.book, invoice, life.card, invoice["created"] + HOUR)
    refund(life.book, charge, charge["amount"] // 3, invoice["created"] + 6 * DAY)


def disputed(life: Life, invoice: Payload) -> None:
    """Paid; the bank now asks for evidence."""
    charge = pay(life.book, invoice, life.card, invoice["created"] + HOUR)
    dispute(life.book, charge, invoice["created"] + 12 * DAY, status="needs_response")


def dispute_lost(life: Life, invoice: Payload) -> None:
    """Paid, disputed, and lost."""
    charge = pay(life.book, invoice, life.card, invoice["created"] + HOUR)
    dispute(life.book, charge, invoice["created"] + 12 * DAY, status="lost", reason="product_not_received")


def trial(life: Life, invoice: Payload) -> None:
    """A trial: its invoice is over nothing."""
    settle_nothing(life.book, invoice, invoice["created"])
