"""How likely money comes back, from what came back: by decline group, age, and the kind of the first action.

What others publish (the rows of the seed `recovery_probability`) is believed as firmly as 20 observations of our own:
after 20 outcomes both weigh the same, after 180 the seed is a tenth. A cell of a group, an age and a kind begins with
what the other kinds of that group and age taught, again as firmly as 20: so a cell with few outcomes stays near its
group, and one without any is its group.

Only outcomes whose time is over count, the good ones too. A payment is known the day it comes and a failure only after
the horizon; whoever counts what is known today counts this month's quick payments without this month's failures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any, Literal

from revops.earned.beta import Beta, beta_of
from revops.errors import RevopsError

PRIOR_STRENGTH = 20
HORIZON = timedelta(days=30)
# What a leak without a decline group, or with one that the seed does not know, is taken for.
UNKNOWN = "unknown"
_ALL = 10_000
Level = Literal["published", "group and age", "group, age and action"]


class LearningInputError(RevopsError):
    """Rows that no probability can be learned from."""

    exit_code = 2


@dataclass(frozen=True)
class Prior:
    """What is published of a decline group at an age: from `age_from_days` on, below `age_below_days`."""

    decline_group: str
    age_from_days: int
    age_below_days: int
    probability: Fraction


@dataclass(frozen=True)
class Tried:
    """A leak and the first action about it that was carried out, when the leak was `age_days` old.

    `paid_at` is when all of it had come. `is_withdrawn`: it was no leak after all.
    """

    leak_id: str
    decline_group: str | None
    age_days: int
    kind: str
    acted_at: datetime
    paid_at: datetime | None
    is_withdrawn: bool = False

    @property
    def is_before(self) -> bool:
        """Whether it was paid before anything was done; the billing system counts whole seconds."""
        return self.paid_at is not None and self.paid_at < self.acted_at.replace(microsecond=0)

    def came(self, horizon: timedelta) -> bool:
        """Whether the money came within the horizon."""
        return self.paid_at is not None and self.paid_at <= self.acted_at + horizon


@dataclass(frozen=True)
class Estimate:
    """How likely money comes back, with the 95 % credible interval in basis points, rounded outwards.

    `count` outcomes are of this very cell, `came` of them good; `group_count` are of its group and age. `level` is the
    narrowest that has any. `published` is the seed's.
    """

    probability: Fraction
    low_basis_points: int
    high_basis_points: int
    count: int
    came: int
    group_count: int
    level: Level
    published: Fraction

    @property
    def basis_points(self) -> int:
        """The probability for people to read."""
        return round(self.probability * _ALL)


class Priors:
    """What is published, by decline group and age."""

    def __init__(self, rows: Iterable[Prior]) -> None:
        """Raises LearningInputError where ages of a group overlap or leave a gap, or `unknown` is not among them."""
        self._rows: dict[str, list[Prior]] = {}
        for row in sorted(rows, key=lambda one: (one.decline_group, one.age_from_days)):
            before = self._rows.setdefault(row.decline_group, [])
            begins = before[-1].age_below_days if before else 0
            if row.age_from_days != begins or row.age_below_days <= row.age_from_days:
                raise LearningInputError(
                    f"recovery_probability: a row of {row.decline_group} goes from {row.age_from_days} until before "
                    f"{row.age_below_days} days, and should begin at {begins}: let each begin where the one before "
                    "ends, the first at 0."
                )
            before.append(row)
        if UNKNOWN not in self._rows:
            raise LearningInputError(f"recovery_probability has no rows of {UNKNOWN}, which others fall back to.")

    def of(self, decline_group: str | None, age_days: int) -> Prior:
        """The row of a group and an age; what is older than all rows is as the oldest."""
        rows = self._rows.get(decline_group or UNKNOWN, self._rows[UNKNOWN])
        return next((one for one in rows if age_days < one.age_below_days), rows[-1])


def read_priors(rows: Iterable[Mapping[str, Any]]) -> Priors:
    """The rows of the seed `recovery_probability`, as a CSV or a database gives them. Raises LearningInputError."""
    return Priors([_prior(number, row) for number, row in enumerate(rows, 1)])


@dataclass
class Learned:
    """What was learned so far; `add` outcomes one by one, each leak once."""

    priors: Priors
    horizon: timedelta = HORIZON
    # Good and bad outcomes by row and kind of action; None for all kinds.
    _counts: dict[tuple[Prior, str | None], tuple[int, int]] = field(default_factory=dict)

    def add(self, tried: Tried) -> None:
        """Learn from one outcome whose time is over."""
        prior = self.priors.of(tried.decline_group, tried.age_days)
        came = tried.came(self.horizon)
        for kind in (tried.kind, None):
            good, bad = self._counts.get((prior, kind), (0, 0))
            self._counts[prior, kind] = good + came, bad + (not came)

    def probability(self, decline_group: str | None, age_days: int, kind: str | None) -> Fraction:
        """The estimate without its interval."""
        return self._known(self.priors.of(decline_group, age_days), kind).mean

    def estimate(self, decline_group: str | None, age_days: int, kind: str | None) -> Estimate:
        """How likely money comes back after an action of a kind; of any kind where it is None."""
        prior = self.priors.of(decline_group, age_days)
        known = self._known(prior, kind)
        group, cell = (self._counts.get((prior, one), (0, 0)) for one in (None, kind))
        return Estimate(
            probability=known.mean,
            low_basis_points=max(0, floor(known.quantile(0.025) * _ALL)),
            high_basis_points=min(_ALL, ceil(known.quantile(0.975) * _ALL)),
            count=sum(cell),
            came=cell[0],
            group_count=sum(group),
            level=_level(sum(group), sum(cell), kind),
            published=prior.probability,
        )

    def _known(self, prior: Prior, kind: str | None) -> Beta:
        good, bad = self._counts.get((prior, None), (0, 0))
        published = beta_of(prior.probability, PRIOR_STRENGTH)
        if kind is None:
            return published.after(good, bad)
        mine = self._counts.get((prior, kind), (0, 0))
        # Without its own outcomes, or they would count twice.
        others = published.after(good - mine[0], bad - mine[1])
        return beta_of(others.mean, PRIOR_STRENGTH).after(*mine)


def learn(tried: Iterable[Tried], priors: Priors, as_of: datetime, horizon: timedelta = HORIZON) -> Learned:
    """What the outcomes teach whose time is over at `as_of`. Raises LearningInputError."""
    learned = Learned(priors, horizon)
    for one in final(tried, as_of, horizon):
        learned.add(one)
    return learned


def final(tried: Iterable[Tried], as_of: datetime, horizon: timedelta = HORIZON) -> list[Tried]:
    """Outcomes that count, oldest first: each leak by its first action, if the horizon is over since.

    Left out are leaks that were none and such as were paid before anything was done. Raises LearningInputError for
    times without a zone and ages below zero.
    """
    first: dict[str, Tried] = {}
    for one in sorted(_checked(tried), key=lambda one: (one.acted_at, one.kind)):
        first.setdefault(one.leak_id, one)
    over = [one for one in first.values() if one.acted_at + horizon <= as_of]
    return [one for one in over if not one.is_withdrawn and not one.is_before]


def _checked(tried: Iterable[Tried]) -> Sequence[Tried]:
    rows = list(tried)
    for one in rows:
        if one.age_days < 0 or any(at is not None and at.tzinfo is None for at in (one.acted_at, one.paid_at)):
            raise LearningInputError(
                f"The outcome of {one.leak_id} has an age below zero or a time without a zone: give days since the "
                "first failure, and aware datetimes (UTC)."
            )
    return rows


def _level(group_count: int, count: int, kind: str | None) -> Level:
    if group_count == 0:
        return "published"
    return "group and age" if kind is None or count == 0 else "group, age and action"


def _prior(number: int, row: Mapping[str, Any]) -> Prior:
    try:
        # By its text: a float from a database is written as the seed has it.
        prior = Prior(
            str(row["decline_group"]),
            int(row["age_from_days"]),
            int(row["age_below_days"]),
            Fraction(str(row["probability"])),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise LearningInputError(
            f"recovery_probability: row {number} cannot be read ({error}); it needs decline_group, age_from_days, "
            "age_below_days and probability."
        ) from None
    if not 0 < prior.probability < 1:
        raise LearningInputError(
            f"recovery_probability: row {number} says {row['probability']}; a probability that outcomes can change is "
            "above 0 and below 1."
        )
    return prior
