"""A card that was tried too often is left alone until its limits allow it, and nobody is charged before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.actions.retry_invoice import Limit, NotProposed, UnpaidInvoice, consider
from revops.domain.action import Draft
from tests.revops.actions.unpaid import AT, INVOICE, RULES, attempt

# At any hour, so that nothing but the limit decides the time.
TECHNICAL = replace(
    INVOICE, attempts=(attempt(5, decline_code="processing_error", decline_group="technical", card_brand="visa"),)
)


def considered(
    tries: Sequence[datetime], limit: Limit, invoice: UnpaidInvoice = TECHNICAL, at: datetime = AT, card: str = "fp"
) -> Draft | NotProposed:
    return consider(invoice, RULES, limit, at, card_tries={card: tries})


def brand(name: str | None) -> UnpaidInvoice:
    return replace(TECHNICAL, attempts=tuple(replace(one, card_brand=name) for one in TECHNICAL.attempts))


def ago(*days: float) -> list[datetime]:
    return [AT - timedelta(days=one) for one in days]


def test_a_limit_that_ends_within_a_day_is_waited_out() -> None:
    for left in (timedelta(hours=3), timedelta(days=1)):
        found = considered([AT - timedelta(days=30) + left, *ago(10)], Limit(3, 30))
        assert isinstance(found, Draft)
        assert found.not_before == AT + left


def test_a_limit_that_ends_later_says_when_why_and_what_to_do_instead() -> None:
    found = considered([AT - timedelta(days=28, hours=23), *ago(10)], Limit(3, 30))
    assert found == NotProposed(
        "This card was tried 3 times in 30 days, which is the limit (the policy).",
        "Ask the customer for another payment method.",
        until=AT + timedelta(days=1, hours=1),
    )


def test_tries_of_another_card_do_not_count() -> None:
    many = ago(*range(6, 20))
    assert isinstance(considered(many, Limit(8, 30)), NotProposed)
    assert isinstance(considered(many, Limit(8, 30), card="another"), Draft)


def test_tries_of_this_invoice_count_though_nothing_else_is_known_of_the_card() -> None:
    three = replace(TECHNICAL, attempts=(*TECHNICAL.attempts, attempt(6), attempt(7), attempt(8, card="another")))
    assert isinstance(consider(three, RULES, Limit(3, 30), AT), NotProposed)
    assert isinstance(consider(three, RULES, Limit(4, 30), AT), Draft)


def test_a_charge_that_is_known_twice_is_one_try() -> None:
    assert isinstance(considered(ago(5), Limit(2, 30)), Draft)


def test_mastercards_ceiling_of_a_day_holds_for_its_cards_alone() -> None:
    ten = [AT - timedelta(hours=one) for one in range(1, 11)]
    for name in ("mastercard", "MasterCard"):
        found = considered(ten, Limit(100, 30), brand(name))
        assert isinstance(found, Draft)
        assert found.not_before == AT + timedelta(hours=14)
    for name in ("visa", None):
        other = considered(ten, Limit(100, 30), brand(name))
        assert isinstance(other, Draft)
        assert other.not_before == AT


@pytest.mark.parametrize("name", ["visa", "mastercard", "amex", None])
def test_what_stripe_blocks_anyway_is_not_tried_whatever_the_policy_says(name: str | None) -> None:
    found = considered(ago(*range(6, 21)), Limit(100, 30), brand(name))
    assert isinstance(found, NotProposed)
    assert "15 times in 30 days" in found.reason
    assert "Stripe blocks further tries" in found.reason


def test_the_stricter_of_two_limits_decides_the_time() -> None:
    ten = [AT - timedelta(hours=one) for one in range(1, 11)]
    found = considered([AT - timedelta(days=30) + timedelta(hours=20), *ten], Limit(11, 30), brand("mastercard"))
    assert isinstance(found, NotProposed), "12 with the try of this invoice"
    found = considered([AT - timedelta(days=30) + timedelta(hours=20), *ten], Limit(12, 30), brand("mastercard"))
    assert isinstance(found, Draft)
    assert found.not_before == AT + timedelta(hours=20)


@given(st.lists(st.integers(60, 40 * 24 * 60), max_size=30), st.integers(1, 20), st.integers(1, 40))
def test_at_the_proposed_time_the_card_is_under_the_tenants_limit(minutes: list[int], tries: int, days: int) -> None:
    before = [AT - timedelta(minutes=one) for one in minutes]
    found = considered(before, Limit(tries, days))
    when = found.not_before if isinstance(found, Draft) else found.until
    assert when is not None
    assert when >= AT
    known = {*before, *(one.at for one in TECHNICAL.attempts)}
    assert sum(one > when - timedelta(days=days) for one in known) < tries
