"""Minor units become text exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.domain.currencies import CURRENCIES
from revops.domain.money import exponent, format_minor


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1234567, "usd", "USD 12,345.67"),
        (5, "usd", "USD 0.05"),
        (-5, "eur", "EUR -0.05"),
        (0, "usd", "USD 0.00"),
        (1, "jpy", "JPY 1"),
        (19200, "jpy", "JPY 19,200"),
        (1234, "kwd", "KWD 1.234"),
    ],
)
def test_an_amount_is_written_with_its_currencys_decimals(amount: int, currency: str, text: str) -> None:
    assert format_minor(amount, currency) == text


@given(st.integers(), st.sampled_from(sorted(CURRENCIES)))
def test_no_digit_is_lost(amount: int, currency: str) -> None:
    text = format_minor(amount, currency).split(" ")[1].replace(",", "")
    digits = text.replace(".", "")
    assert int(digits) == amount
    assert len(text.partition(".")[2]) == exponent(currency)
