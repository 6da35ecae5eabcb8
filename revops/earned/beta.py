"""The Beta distribution: what is known of a probability after some successes and failures."""

from dataclasses import dataclass
from fractions import Fraction
from math import exp, lgamma, log, log1p

# The continued fraction settles far earlier; more would be a fault, not an answer.
_MOST_TERMS = 10_000
_PRECISE = 1e-14
_TINY = 1e-300
_HALVINGS = 60


@dataclass(frozen=True)
class Beta:
    """Pseudo-counts of successes and failures, both above zero."""

    successes: Fraction
    failures: Fraction

    @property
    def mean(self) -> Fraction:
        """The expected probability."""
        return self.successes / (self.successes + self.failures)

    def after(self, successes: int, failures: int) -> "Beta":
        """What is known after so many more were seen."""
        return Beta(self.successes + successes, self.failures + failures)

    def quantile(self, share: float) -> float:
        """The probability that lies above the true one with this chance, found by halving to 2^-60."""
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self.below(middle) < share:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    def below(self, probability: float) -> float:
        """The chance that the true probability is below this one: the regularised incomplete beta function."""
        a, b, x = float(self.successes), float(self.failures), probability
        if not 0 < x < 1:
            return 0.0 if x <= 0 else 1.0
        front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
        # The fraction settles quickly on this side of the mean; the other side is its mirror image.
        if x < (a + 1) / (a + b + 2):
            return front * _fraction(a, b, x) / a
        return 1 - front * _fraction(b, a, 1 - x) / b


def beta_of(mean: Fraction, strength: int) -> Beta:
    """What is known where a mean is believed as firmly as so many observations."""
    return Beta(mean * strength, (1 - mean) * strength)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method."""
    front = 1.0
    back = 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = back
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for factor in (even, odd):
            back = 1 / _not_zero(1 + factor * back)
            front = _not_zero(1 + factor / front)
            value *= front * back
        if abs(front * back - 1) < _PRECISE:
            return value
    raise ArithmeticError(f"The incomplete beta function of {a}, {b} at {x} did not settle.")


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
