"""Integers of minor units as text for people: exact, never through a float."""

from decimal import Decimal

# docs.stripe.com/currencies: amounts are in the currency's smallest unit. ISK and UGX have none today, yet
# Stripe's API still counts them in hundredths.
_NO_DECIMALS = {
    *("bif", "byr", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"),
    *("pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"),
}
_THREE_DECIMALS = {"bhd", "jod", "kwd", "omr", "tnd"}

# Only where the sign can mean one currency among ours: CAD, AUD and MXN are written with their codes.
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}

_NARROW_SPACE = "\u00a0"


def exponent(currency: str) -> int:
    """How many decimals a currency has in Stripe's API: 2, or 0 (JPY), or 3 (KWD)."""
    code = currency.lower()
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2


def major(minor: int, currency: str) -> Decimal:
    """The amount in major units, with exactly the currency's decimals: 1250 usd -> Decimal("12.50").

    Raises TypeError for anything but an integer: a float here means that money was computed with floats.
    """
    if isinstance(minor, bool) or not isinstance(minor, int):
        raise TypeError(f"money is an integer of minor units, not {minor!r}")
    return Decimal(minor).scaleb(-exponent(currency))


def text(minor: int, currency: str) -> str:
    """The amount for people: `$1,234.50`, `¥1,200`, `KWD 1.234`, `−€5.00`."""
    value = major(minor, currency)
    digits = f"{abs(value):,.{exponent(currency)}f}"
    code = currency.lower()
    sign = _SIGNS.get(code) or f"{code.upper()}{_NARROW_SPACE}"
    return f"{'−' if value < 0 else ''}{sign}{digits}"
