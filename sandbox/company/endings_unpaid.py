"""Stories that end without the money: not owed, not yet, or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .aftermath import credit
from .book import DAY, HOUR, Payload
from .dunning import dun, set_delinquent, set_status
from .outcomes import draft, fail, retry_times, schedule, void, write_off
from .people import new_card

if TYPE_CHECKING:
    from .life import Life


def never_started(life: Life, invoice: Payload) -> None:
    """The first payment failed and nobody came back within 23 hours."""
    fail(life.book, invoice, life.card, invoice["created"] + 60, life.story.decline, next_attempt=None)
    _expire(life, invoice)


def blocked_sign_up(life: Life, invoice: Payload) -> None:
    """Somebody tries stolen card numbers: Stripe blocks each, the sign-up expires."""
    for number in range(4):
        at = invoice["created"] + 60 * (number + 1)
        fail(life.book, invoice, life.card, at, life.story.decline, next_attempt=None, is_blocked=True)
        life.card = new_card(life.book, life.customer, at)
    _expire(life, invoice)


def _expire(life: Life, invoice: Payload) -> None:
    at = invoice["created"] + 23 * HOUR
    life.subscription.update(status="incomplete_expired", ended_at=at)
    void(life.book, invoice, at)
    life.book.emit("customer.subscription.updated", life.subscription, at, {"status": "incomplete"})


def signing_up(life: Life, invoice: Payload) -> None:
    """The first payment failed a moment ago; the customer may be typing another card."""
    life.subscription["status"] = "incomplete"
    fail(life.book, invoice, life.card, invoice["created"] + 60, life.story.decline, next_attempt=None)


def not_due(_life: Life, _invoice: Payload) -> None:
    """Sent and not due yet."""


def draft_invoice(life: Life, invoice: Payload) -> None:
    """Made within the hour: still a draft."""
    draft(life.book, invoice)
    invoice.update(auto_advance=True, automatically_finalizes_at=invoice["created"] + HOUR)


def paused(life: Life, invoice: Payload) -> None:
    """Collection is paused: the invoice stays a draft."""
    draft(life.book, invoice)
    life.book.change(
        "customer.subscription.updated",
        life.subscription,
        invoice["created"] - DAY,
        pause_collection={"behavior": "keep_as_draft", "resumes_at": life.book.now + 20 * DAY},
    )


def retrying(life: Life, invoice: Payload) -> None:
    """Failed; Stripe will try again."""
    dun(life, invoice, life.book.now)


def exhausted(life: Life, invoice: Payload) -> None:
    """Every attempt failed."""
    made = dun(life, invoice, life.book.now)
    set_status(life, life.story.ends_as, made[-1] + HOUR)


def phantom(life: Life, invoice: Payload) -> None:
    """The bank will never approve; Stripe counts on and plans attempts that it does not make."""
    times = retry_times(invoice["created"] + HOUR)
    fail(life.book, invoice, life.card, times[0], life.story.decline, next_attempt=times[1])
    set_delinquent(life, times[0], is_late=True)
    set_status(life, "past_due", times[0])
    for number, at in enumerate(times[1:], start=1):
        if at <= life.book.now:
            schedule(life.book, invoice, times[number + 1] if number + 1 < len(times) else None, at)


def stale_card(life: Life, invoice: Payload) -> None:
    """The customer gave a new card; the subscription still names the old one."""
    life.subscription["default_payment_method"] = life.card["id"]
    dun(life, invoice, invoice["created"] + 8 * DAY)
    new_card(life.book, life.customer, invoice["created"] + 6 * DAY)
    for at in retry_times(invoice["created"] + HOUR)[5:]:
        fail(life.book, invoice, life.card, at, life.story.decline, next_attempt=None)


def authentication(life: Life, invoice: Payload) -> None:
    """The bank wants to see the cardholder, who was never asked."""
    phantom(life, invoice)
    invoice["next_payment_attempt"] = None


def written_off(life: Life, invoice: Payload) -> None:
    """Every attempt failed and somebody gave up."""
    made = dun(life, invoice, invoice["created"] + 20 * DAY)
    write_off(life.book, invoice, made[-1] + 3 * DAY)
    set_status(life, life.story.ends_as, made[-1] + 3 * DAY)


def overdue(life: Life, invoice: Payload) -> None:
    """Sent, due, and nobody paid."""
    set_status(life, "past_due", invoice["due_date"])


def part_credited(life: Life, invoice: Payload) -> None:
    """Part was credited, the rest failed on every attempt."""
    credit(life.book, invoice, invoice["amount_due"] // 4, invoice["created"] + 600, memo="Outage in week 2")
    exhausted(life, invoice)
