"""Whether what was predicted is what happened: the Brier score, and what happened among what was called likely.

A prediction is scored only on an outcome that it could not know: each leak is predicted from what was over when its
action was carried out. The score is the mean squared distance, 0 to 1, the lower the better (Brier, Monthly Weather
Review 78, 1950); it means nothing alone, so that of the published probabilities on the same leaks stands beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from revops.earned.learning import HORIZON, Learned, LearningInputError, Priors, Tried, final

_ALL = 10_000
_BINS = 10


@dataclass(frozen=True)
class Prediction:
    """What was said in basis points, what the published probability is, and whether the money came."""

    basis_points: int
    published_basis_points: int
    came: bool


@dataclass(frozen=True)
class Bin:
    """Predictions from `from_basis_points` until below the end: their mean, and the share of which the money came."""

    from_basis_points: int
    below_basis_points: int
    count: int
    predicted: Fraction
    observed: Fraction


@dataclass(frozen=True)
class Calibration:
    """Scores over `count` predictions, None where there is none; `bins` are those that have any."""

    count: int
    brier: Fraction | None
    published_brier: Fraction | None
    bins: tuple[Bin, ...]


def predictions(
    tried: Iterable[Tried], priors: Priors, as_of: datetime, horizon: timedelta = HORIZON
) -> list[Prediction]:
    """What would have been said of each outcome when its action was carried out. Raises LearningInputError."""
    outcomes = final(tried, as_of, horizon)
    learned, known, made = Learned(priors, horizon), 0, []
    for one in outcomes:
        # All have the same horizon, so they end in the order in which they began.
        while outcomes[known].acted_at + horizon <= one.acted_at:
            learned.add(outcomes[known])
            known += 1
        said = learned.probability(one.decline_group, one.age_days, one.kind)
        published = priors.of(one.decline_group, one.age_days).probability
        made.append(Prediction(round(said * _ALL), round(published * _ALL), one.came(horizon)))
    return made


def calibrate(made: Sequence[Prediction]) -> Calibration:
    """The scores of predictions. Raises LearningInputError for what is no probability."""
    if any(not 0 <= said <= _ALL for one in made for said in (one.basis_points, one.published_basis_points)):
        raise LearningInputError(f"A prediction is 0 to {_ALL:,} basis points.")
    if not made:
        return Calibration(0, None, None, ())
    bins: dict[int, list[Prediction]] = {}
    for one in made:
        bins.setdefault(min(one.basis_points * _BINS // _ALL, _BINS - 1), []).append(one)
    return Calibration(
        count=len(made),
        brier=_brier([(one.basis_points, one.came) for one in made]),
        published_brier=_brier([(one.published_basis_points, one.came) for one in made]),
        bins=tuple(_bin(place, mine) for place, mine in sorted(bins.items())),
    )


def _brier(pairs: Sequence[tuple[int, bool]]) -> Fraction:
    return Fraction(sum((said - came * _ALL) ** 2 for said, came in pairs), len(pairs) * _ALL**2)


def _bin(place: int, made: Sequence[Prediction]) -> Bin:
    return Bin(
        from_basis_points=place * _ALL // _BINS,
        below_basis_points=(place + 1) * _ALL // _BINS,
        count=len(made),
        predicted=Fraction(sum(one.basis_points for one in made), len(made) * _ALL),
        observed=Fraction(sum(one.came for one in made), len(made)),
    )
