"""What becomes of an invoice: each function brings an open one to an end, or leaves it open."""

from __future__ import annotations

from sandbox.declines import DECLINES

from .book import DAY, HOUR, Book, Payload
from .charges import new_charge, new_intent


def settle_nothing(book: Book, invoice: Payload, at: int) -> None:
    """An invoice over nothing is paid when it is finalised."""
    invoice.update(attempted=True, auto_advance=False)
    _mark_paid(book, invoice, at)


def pay(book: Book, invoice: Payload, card: Payload, at: int) -> Payload:
    """The card pays what remains. Returns the charge."""
    intent, payment = _intent(book, invoice, at)
    intent["payment_method"] = card["id"]
    charge = new_charge(book, intent, card, at, decline=None)
    intent.update(
        amount_received=intent["amount"], latest_charge=charge["id"], status="succeeded", last_payment_error=None
    )
    payment.update(amount_paid=intent["amount"], status="paid")
    payment["status_transitions"]["paid_at"] = at
    invoice["amount_paid"] += intent["amount"]
    invoice["attempt_count"] += 1
    invoice.update(amount_remaining=0, attempted=True, auto_advance=False, next_payment_attempt=None)
    book.emit("payment_intent.succeeded", intent, at)
    _mark_paid(book, invoice, at)
    book.emit("invoice_payment.paid", payment, at)
    return charge


def fail(
    book: Book,
    invoice: Payload,
    card: Payload,
    at: int,
    decline: str,
    *,
    next_attempt: int | None,
    is_blocked: bool = False,
) -> Payload:
    """The card is declined; the invoice stays open, to be tried again at `next_attempt`. Returns the charge."""
    intent, _ = _intent(book, invoice, at)
    charge = new_charge(book, intent, card, at, decline=decline, is_blocked=is_blocked)
    why = DECLINES[decline]
    intent.update(
        payment_method=None,
        latest_charge=charge["id"],
        status="requires_action" if decline == "authentication_required" else "requires_payment_method",
        last_payment_error={
            "charge": charge["id"],
            "code": why.code,
            "decline_code": why.reason,
            "doc_url": f"https://stripe.com/docs/error-codes/{why.code.replace('_', '-')}",
            "message": why.message,
            "type": "card_error",
        },
    )
    invoice["attempt_count"] += 1
    invoice.update(attempted=True, next_payment_attempt=next_attempt)
    book.emit("payment_intent.payment_failed", intent, at)
    book.emit("invoice.payment_failed", invoice, at)
    return charge


def schedule(book: Book, invoice: Payload, next_attempt: int | None, at: int) -> None:
    """Stripe counts an attempt that it did not make, and plans the next."""
    count = invoice["attempt_count"] + 1
    book.change("invoice.updated", invoice, at, attempt_count=count, next_payment_attempt=next_attempt)


def pay_outside(book: Book, invoice: Payload, at: int) -> None:
    """The customer paid by bank transfer and somebody recorded it."""
    _cancel_intent(book, invoice, at)
    due = invoice["amount_remaining"]
    invoice["amount_paid"] += due
    invoice.update(amount_paid_off_stripe=due, amount_remaining=0, auto_advance=False, next_payment_attempt=None)
    _mark_paid(book, invoice, at)


def void(book: Book, invoice: Payload, at: int) -> None:
    """The invoice is withdrawn: nobody owes it."""
    _cancel_intent(book, invoice, at)
    invoice.update(status="void", auto_advance=False, next_payment_attempt=None)
    invoice["status_transitions"]["voided_at"] = at
    book.emit("invoice.voided", invoice, at)


def write_off(book: Book, invoice: Payload, at: int) -> None:
    """The invoice is marked as one that will never be paid."""
    invoice.update(status="uncollectible", auto_advance=False, next_payment_attempt=None)
    invoice["status_transitions"]["marked_uncollectible_at"] = at
    book.emit("invoice.marked_uncollectible", invoice, at)


def draft(book: Book, invoice: Payload) -> None:
    """Turn a fresh invoice back into the draft that it is while collection is paused."""
    invoice.update(status="draft", auto_advance=False, number=None, effective_at=None, hosted_invoice_url=None)
    invoice["status_transitions"]["finalized_at"] = None
    book.events = [one for one in book.events if one["data"]["object"]["id"] != invoice["id"]]
    book.emit("invoice.created", invoice, invoice["created"])


def _mark_paid(book: Book, invoice: Payload, at: int) -> None:
    invoice["status"] = "paid"
    invoice["status_transitions"]["paid_at"] = at
    book.emit("invoice.paid", invoice, at)
    if invoice["total"]:
        book.emit("invoice.payment_succeeded", invoice, at)


def _payments(book: Book, invoice: Payload) -> list[Payload]:
    payments = book.tables.get("invoice_payment", {}).values()
    return [one for one in payments if one["invoice"] == invoice["id"] and one["status"] == "open"]


def _intent(book: Book, invoice: Payload, at: int) -> tuple[Payload, Payload]:
    for payment in _payments(book, invoice):
        return book.tables["payment_intent"][payment["payment"]["payment_intent"]], payment
    return new_intent(book, invoice, min(at, invoice["created"] + HOUR))


def _cancel_intent(book: Book, invoice: Payload, at: int) -> None:
    for payment in _payments(book, invoice):
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = at
        intent = book.tables["payment_intent"][payment["payment"]["payment_intent"]]
        intent.update(status="canceled", canceled_at=at, cancellation_reason="void_invoice")
        book.emit("payment_intent.canceled", intent, at)


# Days after the first attempt on which Stripe tries again, when its schedule is set to two weeks.
RETRY_DAYS = (2, 4, 5, 7, 9, 11, 14)


def retry_times(first: int) -> list[int]:
    """When an invoice is attempted: at first and on each retry day."""
    return [first, *(first + day * DAY for day in RETRY_DAYS)]
