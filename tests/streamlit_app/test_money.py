"""Minor units become text without a float on the way."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.domain.money import exponent, format_minor
from streamlit_app import money


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123450, "usd", "$1,234.50"),
        (0, "usd", "$0.00"),
        (5, "eur", "€0.05"),
        (-500, "gbp", "−£5.00"),
        (1200, "jpy", "¥1,200"),
        (1234, "kwd", "KWD\u00a01.234"),
        (100, "isk", "ISK\u00a01.00"),
        (123450, "cad", "CAD\u00a01,234.50"),
    ],
)
def test_an_amount_reads_as_people_of_its_currency_write_it(minor: int, currency: str, text: str) -> None:
    assert money.text(minor, currency) == text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Paid: USD 29.00 came in.", "Paid: $29.00 came in."),
        ("JPY 128,000 of invoice in_1 and EUR -5.00.", "¥128,000 of invoice in_1 and −€5.00."),
        ("Paid: KWD 1.234 came in.", "Paid: KWD 1.234 came in."),
        ("The account is in USD since 2024, and so is XUSD 5.", "The account is in USD since 2024, and so is XUSD 5."),
    ],
)
def test_amounts_in_sentences_read_as_all_others_do(said: str, shown: str) -> None:
    assert money.in_words(said) == shown


@given(st.integers(0, 10**12), st.sampled_from(["usd", "eur", "gbp", "jpy"]))
def test_a_sentence_and_a_figure_say_the_same_amount_alike(minor: int, currency: str) -> None:
    assert money.in_words(f"Paid: {format_minor(minor, currency)}.") == f"Paid: {money.text(minor, currency)}."


@given(st.integers(-(10**17), 10**17), st.sampled_from(["usd", "jpy", "kwd"]))
def test_no_cent_is_lost_at_any_size(minor: int, currency: str) -> None:
    shown = money.text(minor, currency).replace("−", "-")
    digits = Decimal("".join(c for c in shown if c in "-.0123456789"))
    assert digits * 10 ** exponent(currency) == minor


@pytest.mark.parametrize("wrong", [1.0, "100", Decimal(100), True, None])
def test_anything_but_an_integer_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="integer of minor units"):
        money.text(wrong, "usd")  # type: ignore[arg-type]
