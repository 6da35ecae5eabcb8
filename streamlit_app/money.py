"""Integers of minor units as text for people: exact, never through a float."""

import re
from decimal import Decimal

from revops.domain.money import exponent

# Only where the sign can mean one currency among ours: CAD, AUD and MXN are written with their codes.
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}

_SPACE = "\u00a0"

# `USD 1,234.50` or `USD -1,234.50`, as sentences say it that go to Slack and terminals too.
_SPELLED = re.compile(rf"\b({'|'.join(_SIGNS).upper()}) (-?)(\d[\d,]*(?:\.\d+)?)")


def major(minor: int, currency: str) -> Decimal:
    """The amount in major units, with exactly the currency's decimals: 1250 usd -> Decimal("12.50").

    Raises TypeError for anything but an integer: a float here means that money was computed with floats.
    """
    if isinstance(minor, bool) or not isinstance(minor, int):
        raise TypeError(f"money is an integer of minor units, not {minor!r}")
    return Decimal(minor).scaleb(-exponent(currency))


def sign(currency: str) -> str:
    """What stands before an amount: `$`, or the code and a space that does not break."""
    code = currency.lower()
    return _SIGNS.get(code) or f"{code.upper()}{_SPACE}"


def text(minor: int, currency: str) -> str:
    """The amount for people: `$1,234.50`, `¥1,200`, `KWD 1.234`, `−€5.00`."""
    value = major(minor, currency)
    digits = f"{abs(value):,.{exponent(currency)}f}"
    return f"{'−' if value < 0 else ''}{sign(currency)}{digits}"


def in_words(sentence: str) -> str:
    """A sentence with its amounts as the pages write them: `Paid: USD 29.00 came in.` -> `Paid: $29.00 came in.`"""
    return _SPELLED.sub(lambda found: f"{'−' if found[2] else ''}{_SIGNS[found[1].lower()]}{found[3]}", sentence)
