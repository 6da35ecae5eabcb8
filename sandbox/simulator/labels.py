"""What was injected, noted by those who injected it while they did so: the truth beside the objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .calendar import DAY


@dataclass(slots=True)
class Label:
    """One cause at one object. Amounts are in minor units of `currency`.

    Nothing is there before `born_at`. From `detectable_at` on it leaks (None: it never does); until then it is
    `before`: a failure that may still mend, or an innocent thing. At `ended_at` it stops being a leak.
    A `daily` amount grows by so much for every whole day since `detectable_since`.
    """

    leak_type: str
    cause: str
    object: str
    customer: str
    currency: str
    born_at: int
    detectable_at: int | None
    amount: int | None = None
    recurring: int | None = None
    before: str = "look_alike"
    ended_at: int | None = None
    note: str = ""
    monthly_while_open: int | None = None
    open_since: int = 0

    def row(self, as_of: int) -> dict[str, Any] | None:
        """The label as it stands at `as_of`, or None where nothing is there yet."""
        if self.born_at > as_of:
            return None
        is_due = self.detectable_at is not None and self.detectable_at <= as_of
        is_leak = is_due and (self.ended_at is None or self.ended_at > as_of)
        kind = "leak" if is_leak else "look_alike" if is_due or self.ended_at is not None else self.before
        amount = self.amount
        if self.monthly_while_open is not None:
            days = max(as_of - self.open_since, 0) // DAY
            amount = round(self.monthly_while_open * 12 * days / 365)
        return {
            "kind": kind,
            "leak_type": self.leak_type,
            "cause": self.cause,
            "object": self.object,
            "customer": self.customer,
            "amount": amount if kind != "look_alike" else None,
            "recurring": self.recurring if kind != "look_alike" else None,
            "currency": self.currency,
            "first_detectable_at": self.detectable_at if is_leak else None,
            "note": self.note,
        }
