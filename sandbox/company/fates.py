"""How the stories end, by name. A fate gets the customer's life and the invoice that it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import endings_paid as paid
from . import endings_unpaid as unpaid
from .book import Payload

if TYPE_CHECKING:
    from .life import Life

Fate = Callable[["Life", Payload], None]

FATES: dict[str, Fate] = {
    "pays": paid.pays,
    "paid_invoice": paid.paid_invoice,
    "cancelled": paid.cancelled,
    "cancels_later": paid.cancels_later,
    "meters": paid.meters,
    "recovered": paid.recovered,
    "reissued": paid.reissued,
    "paid_outside": paid.paid_outside,
    "refunded": paid.refunded,
    "part_refunded": paid.part_refunded,
    "disputed": paid.disputed,
    "dispute_lost": paid.dispute_lost,
    "never_started": unpaid.never_started,
    "blocked_sign_up": unpaid.blocked_sign_up,
    "signing_up": unpaid.signing_up,
    "trial": paid.trial,
    "not_due": unpaid.not_due,
    "draft": unpaid.draft_invoice,
    "paused": unpaid.paused,
    "retrying": unpaid.retrying,
    "exhausted": unpaid.exhausted,
    "phantom": unpaid.phantom,
    "stale_card": unpaid.stale_card,
    "authentication": unpaid.authentication,
    "written_off": unpaid.written_off,
    "overdue": unpaid.overdue,
    "part_credited": unpaid.part_credited,
}
