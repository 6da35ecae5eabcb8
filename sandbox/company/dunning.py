"""Attempts on the usual days, and what they do to subscription and customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .book import HOUR, Payload
from .outcomes import fail, retry_times

if TYPE_CHECKING:
    from .life import Life


def set_status(life: Life, status: str, at: int) -> None:
    """Move the subscription to a status; a cancelled one ends there."""
    subscription = life.subscription
    if status == "canceled":
        subscription["cancellation_details"]["reason"] = "payment_failed"
        subscription.update(status=status, canceled_at=at, ended_at=at)
        life.book.emit("customer.subscription.deleted", subscription, at)
    elif subscription["status"] != status:
        life.book.change("customer.subscription.updated", subscription, at, status=status)


def set_delinquent(life: Life, at: int, *, is_late: bool) -> None:
    """Note on the customer whether the newest invoice is late."""
    if life.customer["delinquent"] != is_late:
        life.book.change("customer.updated", life.customer, at, delinquent=is_late)


def dun(life: Life, invoice: Payload, until: int) -> list[int]:
    """Attempt on the usual days up to `until`; the last planned attempt is the invoice's next one, if any."""
    times = retry_times(invoice["created"] + HOUR)
    made = [at for at in times if at <= until]
    for number, at in enumerate(made, start=1):
        following = times[number] if number < len(times) else None
        fail(life.book, invoice, life.card, at, life.story.decline, next_attempt=following)
        if number == 1:
            set_delinquent(life, at, is_late=True)
            set_status(life, "past_due", at)
    return made
