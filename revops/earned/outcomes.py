"""What is owed, what was done about it, what came and what went back: the rows that figures of recovery are made of.

Money is integers in minor units. Currencies are never added up; a leak and its payments have one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from revops.errors import RevopsError

# A touch may have brought a payment up to so long after it, to the second, both ends included.
ATTRIBUTED_WITHIN = timedelta(days=7)


_Row = TypeVar("_Row")


class RecoveryInputError(RevopsError):
    """Rows that do not belong together; no figure is made of them."""

    exit_code = 2


@dataclass(frozen=True)
class Owed:
    """A leak as it opened: who pays (`payer_of`), how much, and to which arm the payer was assigned.

    `is_excluded`: it takes part in no experiment, whatever the arm. `decline_group` None where nothing was declined.
    """

    leak_id: str
    payer: str
    amount_minor: int
    currency: str
    opened_at: datetime
    is_held_out: bool
    is_excluded: bool
    decline_group: str | None


@dataclass(frozen=True)
class Touch:
    """An action of ours about a leak that was carried out; `kind` is the action's, `tone` a letter's."""

    leak_id: str
    customer_id: str | None
    kind: str
    tone: str | None
    decline_group: str | None
    at: datetime


@dataclass(frozen=True)
class Payment:
    """Money that came for a leak.

    `fee_minor` is what the billing system kept of it, in the same currency; None where nobody knows. `charge` None:
    paid outside of the billing system.
    """

    leak_id: str
    amount_minor: int
    fee_minor: int | None
    currency: str
    at: datetime
    charge: str | None
    balance_transaction: str | None
    payout: str | None


@dataclass(frozen=True)
class Reversal:
    """Money of a charge that went back: refunded, or taken by a dispute that is not won.

    `fee_minor` is its own fee, below zero where a fee was given back.
    """

    leak_id: str
    charge: str
    kind: Literal["refund", "dispute"]
    amount_minor: int
    fee_minor: int
    currency: str
    at: datetime
    balance_transaction: str | None
    payout: str | None


@dataclass(frozen=True)
class Came:
    """A payment that counts: what of it was owed and stayed, its fees (None: not known), and the touch before it."""

    at: datetime
    kept_minor: int
    fee_minor: int | None
    touch: Touch | None


@dataclass(frozen=True)
class Outcome:
    """What became of one leak; `completed_at` is when the last of what was owed came, if all of it stayed."""

    owed: Owed
    came: tuple[Came, ...]
    touches: tuple[Touch, ...]
    reversed_minor: int
    completed_at: datetime | None

    @property
    def kept_minor(self) -> int:
        """What came after it opened, at most what was owed, less what went back."""
        return sum(one.kept_minor for one in self.came)


def settle(
    owed: Iterable[Owed], payments: Iterable[Payment], reversals: Iterable[Reversal], touches: Iterable[Touch]
) -> list[Outcome]:
    """What became of each leak that something is owed for, in their order.

    A payment counts if it came after the leak opened, up to what was still owed; what went back of it counts no more.
    Touches of other leaks are left out. Raises RecoveryInputError for amounts below zero, another currency than the
    leak's, times without a zone, rows that are there twice, and payments or reversals of leaks or charges that are not.
    """
    leaks = {one.leak_id: one for one in _once(owed, lambda one: (one.leak_id,), "leak")}
    paid = _once(payments, lambda one: (one.leak_id, one.charge, None if one.charge else one.at), "payment")
    back = _once(
        reversals, lambda one: (one.charge, one.kind, one.balance_transaction, one.at, one.amount_minor), "reversal"
    )
    rows: tuple[Owed | Payment | Reversal, ...] = (*leaks.values(), *paid, *back)
    for row in rows:
        _check(row, leaks)
    charges = {(one.leak_id, one.charge) for one in paid}
    lost = next((one for one in back if (one.leak_id, one.charge) not in charges), None)
    if lost is not None:
        raise RecoveryInputError(
            f"A {lost.kind} of {lost.charge} for leak {lost.leak_id} has no payment beside it: give the payment too."
        )
    by_leak: dict[str, tuple[list[Payment], list[Reversal], list[Touch]]] = {one: ([], [], []) for one in leaks}
    for payment in paid:
        by_leak[payment.leak_id][0].append(payment)
    for reversal in back:
        by_leak[reversal.leak_id][1].append(reversal)
    for touch in touches:
        if touch.leak_id in by_leak:
            by_leak[touch.leak_id][2].append(touch)
    return [_outcome(one, *by_leak[one.leak_id]) for one in leaks.values() if one.amount_minor > 0]


def touch_before(touches: Sequence[Touch], at: datetime) -> Touch | None:
    """The last touch up to a payment and no more than seven days before it; of several at once the first by kind.

    Billing systems count whole seconds, so a touch and its payment in one second are in this order.
    """
    near = [one for one in touches if at - ATTRIBUTED_WITHIN <= one.at.replace(microsecond=0) <= at]
    return min(near, key=lambda one: (at - one.at, one.kind, one.tone or ""), default=None)


def _outcome(owed: Owed, payments: list[Payment], reversals: list[Reversal], touches: list[Touch]) -> Outcome:
    came: list[Came] = []
    reversed_minor, kept, completed_at = 0, 0, None
    for one in sorted(payments, key=lambda one: (one.at, one.charge or "")):
        if one.at <= owed.opened_at or kept >= owed.amount_minor:
            continue
        mine = [other for other in reversals if other.charge == one.charge]
        gone = min(one.amount_minor, sum(other.amount_minor for other in mine))
        stayed = min(one.amount_minor - gone, owed.amount_minor - kept)
        fee = None if one.fee_minor is None else one.fee_minor + sum(other.fee_minor for other in mine)
        came.append(Came(one.at, stayed, fee, touch_before(touches, one.at)))
        reversed_minor, kept = reversed_minor + gone, kept + stayed
        if kept == owed.amount_minor:
            completed_at = one.at
    return Outcome(owed, tuple(came), tuple(touches), reversed_minor, completed_at)


def _once(rows: Iterable[_Row], key: Callable[[_Row], tuple[object, ...]], name: str) -> list[_Row]:
    seen: dict[tuple[object, ...], _Row] = {}
    for row in rows:
        if key(row) in seen:
            raise RecoveryInputError(f"A {name} is there twice: {key(row)}. It would count twice; give it once.")
        seen[key(row)] = row
    return list(seen.values())


def _check(row: Owed | Payment | Reversal, leaks: dict[str, Owed]) -> None:
    name = f"A {type(row).__name__.lower()} row of leak {row.leak_id}"
    owed = leaks.get(row.leak_id)
    if owed is None:
        raise RecoveryInputError(f"{name} has no leak beside it: give what is owed for the same leaks as what came.")
    if row.currency != owed.currency:
        raise RecoveryInputError(f"{name} is in {row.currency}, and the leak in {owed.currency}: nothing is converted.")
    least = 0 if isinstance(row, Owed) else 1
    if row.amount_minor < least or (isinstance(row, Payment) and (row.fee_minor or 0) < 0):
        raise RecoveryInputError(f"{name} has an amount or a fee below {least}: give what went back as a reversal.")
    at = row.opened_at if isinstance(row, Owed) else row.at
    if at.tzinfo is None:
        raise RecoveryInputError(f"{name} has a time without a zone; give aware datetimes (UTC).")
