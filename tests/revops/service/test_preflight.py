"""Right before money is asked for: only what was approved, only while nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.actions.retry_invoice import Limit
from revops.actions.retry_rules import read_retry_rules
from revops.domain.action import Action
from revops.domain.carrying import AskPerson, Go, StandDown, Verdict, Wait
from revops.service.preflight import check, tries_since
from tests.revops.domain.proposals import ACTION, AT, DRAFT
from tests.revops.service.bank import AS_APPROVED

RULES = read_retry_rules()
LIMIT = Limit(8, 30)
APPROVED = replace(
    ACTION,
    status="approved",
    draft=replace(DRAFT, facts={"payment_method": "pm_1", "last_charge": "ch_1", "status": "open"}),
)
WITH_NEW_METHOD = replace(
    APPROVED,
    draft=replace(
        DRAFT,
        body={"invoice": "in_1", "payment_method": "pm_2"},
        facts={"payment_method": "pm_2", "last_charge": "ch_1"},
    ),
)
NOW = replace(AS_APPROVED, tries=[AT - timedelta(days=5)])


def checked(action: Action = APPROVED, *, limit: Limit = LIMIT, **now: Any) -> Verdict:
    return check(action, replace(NOW, **now), RULES, limit, AT)


def test_what_is_as_it_was_approved_is_charged() -> None:
    assert checked() == Go()


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        ({"status": "paid"}, StandDown("It was paid meanwhile.", is_settled=True)),
        ({"status": "void"}, StandDown("The invoice is void now.", is_settled=True)),
        ({"status": "uncollectible"}, StandDown("The invoice is uncollectible now.", is_settled=True)),
        ({"amount_remaining_minor": 2899}, StandDown("The amount that remains has changed.", is_settled=False)),
        ({"amount_remaining_minor": 2901}, StandDown("The amount that remains has changed.", is_settled=False)),
        ({"currency": "eur"}, StandDown("The amount that remains has changed.", is_settled=False)),
        ({"is_payment_processing": True}, Wait(AT + timedelta(hours=6), "A payment is on its way.")),
        ({"is_disputed": True}, AskPerson("A charge for this invoice is disputed.")),
        ({"is_customer_deleted": True}, StandDown("The customer was deleted.", is_settled=False)),
        (
            {"collection_method": "send_invoice"},
            StandDown("The invoice is sent to the customer, not charged.", is_settled=False),
        ),
        (
            {"pause_behavior": "keep_as_draft"},
            StandDown("Collection is paused on the subscription.", is_settled=False),
        ),
        ({"payment_method": None}, StandDown("There is no payment method to charge.", is_settled=False)),
        ({"payment_method": "pm_9"}, StandDown("The payment method has changed.", is_settled=False)),
        ({"last_charge": "ch_2"}, StandDown("It was tried again meanwhile.", is_settled=False)),
        ({"last_charge": None}, StandDown("It was tried again meanwhile.", is_settled=False)),
        (
            {"advice_code": "do_not_try_again"},
            StandDown("The card's bank says never to try again.", is_settled=False),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_not_as_approved_is_not_charged_and_says_why(now: dict[str, Any], verdict: Verdict) -> None:
    assert checked(**now) == verdict


def test_money_that_is_on_its_way_is_waited_for_whatever_else_is_wrong() -> None:
    verdict = checked(is_payment_processing=True, is_disputed=True, payment_method="pm_9")
    assert isinstance(verdict, Wait)


def test_an_approval_that_names_neither_card_nor_charge_covers_none() -> None:
    blank = replace(APPROVED, draft=replace(DRAFT, facts={}))
    assert checked(blank) == StandDown("The payment method has changed.", is_settled=False)


@pytest.mark.parametrize(
    ("ahead", "is_charged"),
    [
        (timedelta(seconds=1), False),
        (timedelta(days=3, seconds=-1), False),
        (timedelta(days=3), True),
        (timedelta(days=9), True),
    ],
)
def test_a_try_of_stripes_own_within_three_days_is_left_to_stripe(ahead: timedelta, is_charged: bool) -> None:
    verdict = checked(next_payment_attempt_at=AT + ahead)
    assert verdict == (Go() if is_charged else StandDown("Stripe will try again by itself.", is_settled=False))


def test_a_new_card_is_charged_though_stripe_still_shows_a_try_of_the_old_one() -> None:
    now = {"payment_method": "pm_2", "next_payment_attempt_at": AT + timedelta(hours=1)}
    assert checked(WITH_NEW_METHOD, **now) == Go()


def test_what_a_bank_said_of_the_old_card_does_not_speak_against_a_new_one() -> None:
    assert checked(WITH_NEW_METHOD, payment_method="pm_2", advice_code="do_not_try_again") == Go()


def test_an_advice_that_leaves_room_stops_nothing() -> None:
    assert checked(advice_code="try_again_later") == Go()


def ago(*days: float) -> list[Any]:
    return [AT - timedelta(days=one) for one in days]


def test_a_card_at_the_tenants_limit_waits_until_its_oldest_try_that_counts_is_out_of_the_window() -> None:
    tries = ago(29, 3, 2, 20)
    assert checked(limit=Limit(5, 30), tries=tries) == Go()
    verdict = checked(limit=Limit(4, 30), tries=tries)
    assert verdict == Wait(AT + timedelta(days=1), "The card was tried 4 times in 30 days (the policy).")
    # Above the limit, one that leaves the window is not enough.
    over = checked(limit=Limit(2, 30), tries=tries)
    assert over == Wait(AT + timedelta(days=27), "The card was tried 4 times in 30 days (the policy).")


def test_a_try_counts_until_the_window_has_passed_to_the_second() -> None:
    edge = AT - timedelta(days=30)
    assert checked(limit=Limit(1, 30), tries=[edge]) == Go()
    assert isinstance(checked(limit=Limit(1, 30), tries=[edge + timedelta(seconds=1)]), Wait)


def test_a_networks_ceiling_holds_for_its_own_cards_whatever_the_tenants_limit() -> None:
    tries = ago(*(number / 24 for number in range(1, 11)))
    loose = Limit(100, 30)
    verdict = checked(limit=loose, tries=tries, card_brand="MasterCard")
    assert isinstance(verdict, Wait)
    assert verdict.until == min(tries) + timedelta(days=1)
    assert "10 times in 1 day (Mastercard" in verdict.reason
    for other in ("visa", None):
        assert checked(limit=loose, tries=tries, card_brand=other) == Go()


def test_stripes_own_ceiling_holds_for_every_card() -> None:
    tries = ago(*range(2, 17))
    for brand in ("visa", "mastercard", None):
        verdict = checked(limit=Limit(100, 30), tries=tries, card_brand=brand)
        assert isinstance(verdict, Wait)
        assert "Stripe blocks further tries" in verdict.reason


@given(st.lists(st.integers(0, 60 * 24 * 60), max_size=40), st.integers(1, 20), st.integers(1, 60))
def test_once_the_wait_is_over_the_card_is_under_the_limit(minutes: list[int], attempts: int, days: int) -> None:
    now = replace(NOW, tries=[AT - timedelta(minutes=one) for one in minutes])
    only_the_tenants = RULES.model_copy(update={"ceilings": ()})
    verdict = check(APPROVED, now, only_the_tenants, Limit(attempts, days), AT)
    if isinstance(verdict, Wait):
        assert verdict.until > AT
        assert check(APPROVED, now, only_the_tenants, Limit(attempts, days), verdict.until) == Go()


def test_tries_are_read_as_far_back_as_any_limit_looks() -> None:
    longest = max(one.days for one in RULES.ceilings)
    assert tries_since(RULES, Limit(8, longest + 15), AT) == AT - timedelta(days=longest + 15)
    assert tries_since(RULES, Limit(8, 1), AT) == AT - timedelta(days=longest)
