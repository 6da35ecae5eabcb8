"""How much came back: gross, attributed and incremental, each with what it is a share of.

Three figures, because they answer different questions. *Gross*: all that came after a leak had opened, also by itself
or by the billing system's own retries. *Attributed*: what came within seven days after an action of ours.
*Incremental*: what came because of us, by a hold-out. Shares that others publish differ mostly in what they divide by;
so each figure here carries its denominator.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Literal

from revops.earned.incremental import Incremental, compare, is_recovered
from revops.earned.outcomes import Came, Outcome, Owed, Payment, Reversal, Touch, settle

# What a figure is a share of.
Of = Literal["leaks that opened", "leaks that were touched"]


@dataclass(frozen=True)
class Times:
    """How long leaks took from opening until all had come; `count` of them have. The values are ones that occurred."""

    count: int
    median: timedelta | None
    ninetieth: timedelta | None


@dataclass(frozen=True)
class Part:
    """What came back of what was attempted, in minor units of one currency.

    `leaks` counts those of which everything came and stayed; `amount_minor` has parts of others too. Denominators:
    `of` says which leaks, `of_leaks` how many, `of_amount_minor` what was owed for them. `fees_minor` are fees that are
    known; for `without_fee_minor` of `without_fee` payments nobody knows the fee.
    """

    amount_minor: int
    leaks: int
    of: Of
    of_amount_minor: int
    of_leaks: int
    fees_minor: int
    without_fee: int
    without_fee_minor: int
    times: Times

    @property
    def net_minor(self) -> int:
        """What is left after fees, of payments whose fee is known."""
        return self.amount_minor - self.without_fee_minor - self.fees_minor

    @property
    def share_of_amount(self) -> Fraction | None:
        """Of the attempted amount; None where nothing was attempted."""
        return Fraction(self.amount_minor, self.of_amount_minor) if self.of_amount_minor else None

    @property
    def share_of_leaks(self) -> Fraction | None:
        """Of the attempted leaks; None where there are none."""
        return Fraction(self.leaks, self.of_leaks) if self.of_leaks else None


@dataclass(frozen=True)
class Recovery:
    """What came back in one currency.

    Groups of `attributed` are by the last touch before each payment, out of the leaks with any touch of that group: a
    leak with two kinds of touch is in two denominators and its money in one numerator. `gross_by_decline_group` is by
    why the leak opened. `reversed_minor` went back and is in none of the figures.
    """

    currency: str
    gross: Part
    attributed: Part
    incremental: Incremental
    gross_by_decline_group: tuple[tuple[str, Part], ...]
    by_kind: tuple[tuple[str, Part], ...]
    by_tone: tuple[tuple[str, Part], ...]
    by_decline_group: tuple[tuple[str, Part], ...]
    reversed_minor: int


def measure(
    owed: Iterable[Owed],
    payments: Iterable[Payment],
    touches: Iterable[Touch],
    reversals: Iterable[Reversal] = (),
) -> tuple[Recovery, ...]:
    """What came back, a figure per currency in their order; none where nothing was owed. Raises RecoveryInputError."""
    outcomes = settle(owed, payments, reversals, touches)
    currencies = sorted({one.owed.currency for one in outcomes})
    return tuple(_recovery(one, [other for other in outcomes if other.owed.currency == one]) for one in currencies)


def _recovery(currency: str, outcomes: Sequence[Outcome]) -> Recovery:
    touched = [one for one in outcomes if one.touches]
    declined: dict[str, list[Outcome]] = {}
    for one in outcomes:
        declined.setdefault(_named(one.owed.decline_group), []).append(one)
    return Recovery(
        currency=currency,
        gross=_part(outcomes, "leaks that opened", lambda _came: True),
        attributed=_part(touched, "leaks that were touched", lambda came: came.touch is not None),
        incremental=compare(outcomes),
        gross_by_decline_group=tuple(
            (name, _part(group, "leaks that opened", lambda _came: True)) for name, group in sorted(declined.items())
        ),
        by_kind=_by(touched, lambda touch: touch.kind),
        by_tone=_by(touched, lambda touch: touch.tone),
        by_decline_group=_by(touched, lambda touch: _named(touch.decline_group)),
        reversed_minor=sum(one.reversed_minor for one in outcomes),
    )


def _by(touched: Sequence[Outcome], of: Callable[[Touch], str | None]) -> tuple[tuple[str, Part], ...]:
    """Attributed money by something that a touch has, left out where it has none."""
    names = {name for one in touched for touch in one.touches if (name := of(touch)) is not None}
    return tuple((name, _group(touched, of, name)) for name in sorted(names))


def _group(touched: Sequence[Outcome], of: Callable[[Touch], str | None], name: str) -> Part:
    mine = [one for one in touched if any(of(touch) == name for touch in one.touches)]
    return _part(mine, "leaks that were touched", lambda came: came.touch is not None and of(came.touch) == name)


def _part(outcomes: Sequence[Outcome], of: Of, counts: Callable[[Came], bool]) -> Part:
    came = [each for one in outcomes for each in one.came if counts(each)]
    # A leak is the figure's own where the payment that made it whole is.
    whole = [one for one in outcomes if is_recovered(one) and counts(one.came[-1])]
    return Part(
        amount_minor=sum(one.kept_minor for one in came),
        leaks=len(whole),
        of=of,
        of_amount_minor=sum(one.owed.amount_minor for one in outcomes),
        of_leaks=len(outcomes),
        fees_minor=sum(one.fee_minor for one in came if one.fee_minor is not None),
        without_fee=sum(one.fee_minor is None for one in came),
        without_fee_minor=sum(one.kept_minor for one in came if one.fee_minor is None),
        times=_times(whole),
    )


def _times(outcomes: Sequence[Outcome]) -> Times:
    took = sorted(one.completed_at - one.owed.opened_at for one in outcomes if one.completed_at is not None)
    return Times(len(took), _nearest_rank(took, 50), _nearest_rank(took, 90))


def _nearest_rank(ordered: Sequence[timedelta], percent: int) -> timedelta | None:
    """The smallest value that so many percent of all do not exceed."""
    return ordered[(len(ordered) * percent + 99) // 100 - 1] if ordered else None


def _named(decline_group: str | None) -> str:
    return decline_group or "none"
