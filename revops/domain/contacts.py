"""How often one customer may be written to, whatever it is about.

Counted over every contact of the customer: letters of all leaks, whichever action sent them. So nothing is remembered
here; whoever asks brings the customer's contacts from where they are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from revops.errors import RevopsError


class ContactLimitError(RevopsError):
    """Limits that nobody could keep."""

    exit_code = 2


@dataclass(frozen=True)
class Limits:
    """At most `at_most` contacts in any window of `within`, and at least `apart` between two of them.

    A window is half open: of two contacts exactly `within` apart the second begins a window of its own, and exactly
    `apart` is far enough. Raises ContactLimitError.
    """

    at_most: int = 2
    within: timedelta = timedelta(days=7)
    apart: timedelta = timedelta(hours=48)

    def __post_init__(self) -> None:
        if self.at_most < 1 or self.within <= timedelta(0) or self.apart < timedelta(0):
            raise ContactLimitError(
                "Limits on contacts need at least one contact, a window above zero and a distance of zero or more; "
                f"these are {self.at_most}, {self.within} and {self.apart}. To write to nobody, switch the letters off."
            )


@dataclass(frozen=True)
class NotBefore:
    """Not yet: the first moment at which it may be, and the reason for people."""

    at: datetime
    why: str


def may_contact(history: Sequence[datetime], at: datetime, limits: Limits) -> NotBefore | None:
    """None where the customer may be written to at this moment.

    `history` are the customer's contacts in any order, also such as are fixed for later: those count as well. The
    moment in NotBefore is the first at which the limits allow it, if nothing else is written meanwhile.
    """
    why = _against(history, at, limits)
    if why is None:
        return None
    # Whether it is allowed can change only when one that was is far enough away.
    moments = sorted(one + away for one in history for away in (limits.apart, limits.within))
    free = next(one for one in moments if one > at and _against(history, one, limits) is None)
    return NotBefore(free.astimezone(UTC), why)


def _against(history: Sequence[datetime], at: datetime, limits: Limits) -> str | None:
    if any(abs(at - one) < limits.apart for one in history):
        return f"Two contacts lie at least {_length(limits.apart)} apart."
    near = sorted(one for one in (*history, at) if abs(at - one) < limits.within)
    # Every run of one too many that this contact is in, and no other: what is there already is not our doing.
    for first, last in zip(near, near[limits.at_most :], strict=False):
        if last - first < limits.within and first <= at <= last:
            count = "one contact" if limits.at_most == 1 else f"{limits.at_most} contacts"
            return f"A customer gets at most {count} in {_length(limits.within)}."
    return None


def _length(time: timedelta) -> str:
    """`48 hours`, `7 days`; days from three on."""
    hours = time / timedelta(hours=1)
    return f"{hours / 24:g} days" if hours >= 72 and hours % 24 == 0 else f"{hours:g} hours"
