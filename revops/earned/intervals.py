"""How sure a difference between two shares is.

Wilson's interval (1927) for one share, Newcombe's hybrid of two of them (1998, method 10) for their difference: both
hold also near 0 and 1 and in small arms, where the textbook's interval is too narrow or has no width at all.

Payers are what was drawn, not leaks: leaks of one payer are paid or not together, and a large one weighs more in a
share of money. So a share counts with its effective size, p(1 - p) / v, where v is its variance over payers (the
linearised one of a ratio: Cochran, Sampling Techniques, 1977, chapters 6 and 9). Wilson's interval on that size is what
the comparison of Franco, Little, Louis and Slud (2019) recommends for such samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

# The normal distribution leaves 2.5 % above it.
_Z = Decimal("1.959963984540054")
_DIGITS = 40


@dataclass(frozen=True)
class Interval:
    """A value and the 95 % confidence interval around it."""

    value: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class Share:
    """A share and the number of independent trials that would be as sure."""

    value: Fraction
    effective_size: Fraction


def share_over_payers(parts: Mapping[str, tuple[int, int]], most: int) -> Share:
    """The share of what came in what was to come, both per payer (of leaks or of minor units), nothing below 0.

    It is never as sure as more than `most` trials. Needs two payers at least, and something to come.
    """
    came, whole = sum(one for one, _ in parts.values()), sum(other for _, other in parts.values())
    value, count = Fraction(came, whole), len(parts)
    # Of one - value * other, times the whole: integers, because fractions of a thousand payers cost a second.
    spread = sum((one * whole - came * other) ** 2 for one, other in parts.values())
    variance = Fraction(spread * count, (count - 1) * whole**4)
    if variance == 0 or value in (0, 1):
        # Nothing varies, which proves little: as sure as its payers are many, the large ones counted for what they are.
        size = Fraction(whole**2, sum(other**2 for _, other in parts.values()))
    else:
        size = value * (1 - value) / variance
    return Share(value, min(size, Fraction(most)))


def wilson(share: Share) -> Interval:
    """Wilson's score interval of a share, without correction for continuity."""
    with localcontext(prec=_DIGITS):
        p, n = _decimal(share.value), _decimal(share.effective_size)
        square = _Z * _Z
        middle = p + square / (2 * n)
        half = _Z * (p * (1 - p) / n + square / (4 * n * n)).sqrt()
        low, high = (middle - half) / (1 + square / n), (middle + half) / (1 + square / n)
    # At the ends rounding must not cross the share itself.
    return Interval(
        share.value,
        max(Fraction(0), min(Fraction(low), share.value)),
        min(Fraction(1), max(Fraction(high), share.value)),
    )


def difference(one: Share, other: Share) -> Interval:
    """How much larger the first share is, by Newcombe's hybrid score interval."""
    first, second = wilson(one), wilson(other)
    value = one.value - other.value
    below = _length(first.value - first.low, second.high - second.value)
    above = _length(first.high - first.value, second.value - second.low)
    return Interval(value, max(Fraction(-1), value - below), min(Fraction(1), value + above))


def _length(one: Fraction, other: Fraction) -> Fraction:
    with localcontext(prec=_DIGITS):
        return Fraction(_decimal(one**2 + other**2).sqrt())


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
