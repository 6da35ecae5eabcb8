"""Money is an integer in minor units with its currency beside it; only here does it become text."""

# docs.stripe.com/currencies: amounts without decimals, and with three. ISK and UGX have none in the real
# world, but Stripe's API still counts them in hundredths.
_ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())  # noqa: SIM905
_THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


def exponent(currency: str) -> int:
    """How many decimals the minor unit stands for: 2 for usd, 0 for jpy, 3 for kwd."""
    code = currency.lower()
    return 0 if code in _ZERO_DECIMAL else 3 if code in _THREE_DECIMAL else 2


def format_minor(amount_minor: int, currency: str) -> str:
    """`1234567, "usd"` -> `USD 12,345.67`; exact, because no float is involved."""
    digits = exponent(currency)
    sign = "-" if amount_minor < 0 else ""
    whole, rest = divmod(abs(amount_minor), 10**digits)
    decimals = f".{rest:0{digits}d}" if digits else ""
    return f"{currency.upper()} {sign}{whole:,}{decimals}"
