"""What came back because of us: the arm that was treated against the one that was left alone.

By intention to treat: a leak belongs to the arm that its payer was assigned to, whatever happened to it afterwards. So
a customer who could not be reached, or one who was written to by mistake, stays where chance put them, and nothing but
chance and the treatment tells the arms apart. The price is that a treatment given to few looks small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from revops.earned.intervals import Interval, difference, share_over_payers
from revops.earned.outcomes import Outcome

FEWEST_LEAKS = 50
# Payers are drawn, not leaks: a variance over fewer of them is a guess, however many leaks they have.
FEWEST_PAYERS = 20


@dataclass(frozen=True)
class Arm:
    """Leaks that were assigned alike; one is recovered when all that was owed came and stayed, amounts are of all."""

    leaks: int
    payers: int
    owed_minor: int
    recovered_leaks: int
    recovered_minor: int


@dataclass(frozen=True)
class Estimate:
    """A whole number with the ends of its 95 % confidence interval, rounded outwards."""

    value: int
    low: int
    high: int


@dataclass(frozen=True)
class Lift:
    """How much more came back in the treated arm: as a share of leaks and of what was owed, and what that comes to.

    `leaks` and `amount_minor` are these shares of the treated arm's leaks and owed amount. Each may be below zero.
    """

    share_of_leaks: Interval
    share_of_amount: Interval
    leaks: Estimate
    amount_minor: Estimate


@dataclass(frozen=True)
class Incremental:
    """Both arms, and either how much more came back or why there is no figure.

    `excluded_leaks` take part in neither arm; `crossed_leaks` were held out and an action was carried out all the same.
    """

    treated: Arm
    held_out: Arm
    excluded_leaks: int
    crossed_leaks: int
    lift: Lift | None
    why_not: str | None


def compare(outcomes: Sequence[Outcome]) -> Incremental:
    """The arms of one currency's leaks, by assignment."""
    inside = [one for one in outcomes if not one.owed.is_excluded]
    treated = [one for one in inside if not one.owed.is_held_out]
    held_out = [one for one in inside if one.owed.is_held_out]
    arms = _arm(treated), _arm(held_out)
    why_not = _too_few(*arms)
    return Incremental(
        treated=arms[0],
        held_out=arms[1],
        excluded_leaks=len(outcomes) - len(inside),
        crossed_leaks=sum(bool(one.touches) for one in held_out),
        lift=None if why_not else _lift(treated, held_out),
        why_not=why_not,
    )


def is_recovered(outcome: Outcome) -> bool:
    """Whether all that was owed came and stayed."""
    return outcome.completed_at is not None


def _arm(outcomes: Sequence[Outcome]) -> Arm:
    return Arm(
        leaks=len(outcomes),
        payers=len({one.owed.payer for one in outcomes}),
        owed_minor=sum(one.owed.amount_minor for one in outcomes),
        recovered_leaks=sum(is_recovered(one) for one in outcomes),
        recovered_minor=sum(one.kept_minor for one in outcomes),
    )


def _too_few(treated: Arm, held_out: Arm) -> str | None:
    if held_out.leaks == 0:
        return "Nobody is held out, so nobody knows what would have come by itself. Set a share to hold out."
    for arm, name in ((held_out, "held out"), (treated, "treated")):
        if arm.leaks < FEWEST_LEAKS:
            were = "leak was" if arm.leaks == 1 else "leaks were"
            return f"{arm.leaks} {were} {name}; below {FEWEST_LEAKS} in each arm chance alone makes such a figure."
        if arm.payers < FEWEST_PAYERS:
            return (
                f"The {arm.leaks} leaks that were {name} are of {arm.payers} payers; below {FEWEST_PAYERS} payers in "
                "each arm chance alone makes such a figure."
            )
    return None


def _lift(treated: Sequence[Outcome], held_out: Sequence[Outcome]) -> Lift:
    by_count = difference(
        *(share_over_payers(_by_payer(arm, is_counted=True), len(arm)) for arm in (treated, held_out))
    )
    by_amount = difference(
        *(share_over_payers(_by_payer(arm, is_counted=False), len(arm)) for arm in (treated, held_out))
    )
    owed_minor = sum(one.owed.amount_minor for one in treated)
    return Lift(by_count, by_amount, _times(by_count, len(treated)), _times(by_amount, owed_minor))


def _by_payer(arm: Sequence[Outcome], *, is_counted: bool) -> dict[str, tuple[int, int]]:
    """What came and what was to come, per payer."""
    found: dict[str, tuple[int, int]] = {}
    for one in arm:
        came, whole = found.get(one.owed.payer, (0, 0))
        more = (int(is_recovered(one)), 1) if is_counted else (one.kept_minor, one.owed.amount_minor)
        found[one.owed.payer] = came + more[0], whole + more[1]
    return found


def _times(share: Interval, whole: int) -> Estimate:
    return Estimate(round(share.value * whole), floor(share.low * whole), ceil(share.high * whole))


def basis_points(share: Fraction) -> int:
    """A share for people to read: hundredths of a percent, rounded."""
    return round(share * 10_000)
