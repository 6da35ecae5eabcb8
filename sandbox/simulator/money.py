"""Currencies of the company: how small their units are, how they round, what they are worth in dollars."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

DECIMALS = {"usd": 2, "eur": 2, "gbp": 2, "jpy": 0, "kwd": 3}
# Stripe asks for amounts of three-decimal currencies in tens of their smallest unit:
# https://docs.stripe.com/currencies#three-decimal
_STEP = {"kwd": 10}
_RATES = {"usd": None, "eur": 1.09, "gbp": 1.27, "jpy": 0.0067, "kwd": 3.25}
_FEE_SHARE = {"usd": 0.029}
_FEE_SHARE_ABROAD = 0.044
_FEE_FIXED = 30


def rounded(amount: Decimal | float | int, currency: str) -> int:
    """The nearest amount in minor units that may be billed in the currency, halves away from zero."""
    step = _STEP.get(currency, 1)
    exact = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    return int((exact / step).quantize(Decimal(1), ROUND_HALF_UP)) * step


def rate(currency: str, at: int) -> float | None:
    """Dollars for one whole unit of the currency in the month of `at`; None for dollars."""
    base = _RATES[currency]
    if base is None:
        return None
    month = datetime.fromtimestamp(at, UTC).month
    return round(base * (1 + (month * 7 % 11 - 5) / 400), 6)


def settled(amount: int, currency: str, exchange_rate: float | None) -> int:
    """The amount (minor units of `currency`) in cents of the dollar balance."""
    if exchange_rate is None:
        return amount
    units: float = amount / 10.0 ** DECIMALS[currency]
    return round(units * exchange_rate * 100)


def fee(cents: int, currency: str) -> int:
    """What Stripe keeps of a charge, in cents."""
    return round(cents * _FEE_SHARE.get(currency, _FEE_SHARE_ABROAD)) + _FEE_FIXED
