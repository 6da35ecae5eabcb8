"""A retry is proposed when decline, card and Stripe's schedule allow it, at a good time; else it says why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.actions.good_time import good_time, zones_of
from revops.actions.retry_invoice import (
    Limit,
    NotProposed,
    UnpaidInvoice,
    consider,
    read_unpaid_invoice,
)
from revops.domain.action import Draft
from tests.revops.actions.unpaid import AT, INVOICE, RULES, attempt

LIMIT = Limit(8, 30)


def draft(invoice: UnpaidInvoice, at: datetime = AT, limit: Limit = LIMIT) -> Draft:
    found = consider(invoice, RULES, limit, at)
    assert isinstance(found, Draft), found
    return found


def why_not(invoice: UnpaidInvoice, at: datetime = AT, limit: Limit = LIMIT) -> NotProposed:
    found = consider(invoice, RULES, limit, at)
    assert isinstance(found, NotProposed), found
    return found


def declined(code: str, group: str, days_ago: float = 5, **changes: object) -> UnpaidInvoice:
    last = attempt(days_ago, decline_code=code, decline_group=group, **changes)
    return replace(INVOICE, attempts=(attempt(12), last))


def test_a_decline_that_may_pass_is_tried_again_by_paying_the_invoice() -> None:
    found = draft(INVOICE)
    assert (found.kind, found.moves_money, found.amount_minor, found.currency) == ("retry_invoice", True, 2900, "usd")
    assert found.body == {"invoice": "in_1"}
    assert found.not_before == AT
    assert found.facts["last_charge"] == "ch_5"


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("stolen_card", "never"),
        ("incorrect_number", "fix_data"),
        ("authentication_required", "customer_authenticates"),
        ("call_issuer", "other_method"),
        ("duplicate_transaction", "check_first"),
        ("a_new_code", "unknown"),
        ("insufficient_funds", "never"),
    ],
)
def test_other_declines_say_what_to_do_instead(code: str, group: str) -> None:
    assert why_not(declined(code, group)).instead


def test_no_reason_says_stolen_lost_or_fraud_to_do_something_about_it() -> None:
    for group in RULES.groups.values():
        assert not any(word in str(group.instead) for word in ("stolen", "lost", "fraud"))


def test_a_new_payment_method_is_used_at_once_and_named_in_the_request() -> None:
    night = AT.replace(hour=2)
    invoice = replace(declined("expired_card", "fix_data"), customer_payment_method="pm_new")
    found = draft(invoice, night)
    assert found.body == {"invoice": "in_1", "payment_method": "pm_new"}
    assert (found.not_before, found.facts["payment_method"]) == (night, "pm_new")


def test_a_new_payment_method_that_was_tried_already_is_no_new_one() -> None:
    invoice = declined("expired_card", "fix_data", payment_method="pm_new")
    assert why_not(replace(invoice, payment_method="pm_new", customer_payment_method="pm_new")).instead


def test_where_stripe_would_charge_another_method_than_failed_last_a_person_looks() -> None:
    invoice = replace(INVOICE, attempts=(attempt(12, payment_method="pm_other"), attempt(5)), payment_method="pm_other")
    assert "Several payment methods" in why_not(invoice).reason


def test_while_stripe_will_try_itself_there_is_none() -> None:
    invoice = replace(INVOICE, verdict="in_retry_window", next_payment_attempt_at=AT + timedelta(days=2))
    assert "Stripe" in why_not(invoice).reason


def test_a_phantom_retry_is_none_unless_there_is_a_new_card() -> None:
    phantom = replace(
        declined("lost_card", "never"), verdict="phantom_retry", next_payment_attempt_at=AT + timedelta(days=2)
    )
    assert why_not(phantom).instead
    assert draft(replace(phantom, customer_payment_method="pm_new")).body["payment_method"] == "pm_new"


@pytest.mark.parametrize("verdict", sorted(RULES.verdicts))
def test_verdicts_that_are_for_somebody_else_are_not_retried(verdict: str) -> None:
    assert why_not(replace(INVOICE, verdict=verdict)).reason


@pytest.mark.parametrize("status", ["paid", "void", "uncollectible", "draft"])
def test_only_an_open_invoice_is_retried(status: str) -> None:
    why_not(replace(INVOICE, status=status))


def test_the_oldest_debts_are_for_a_person() -> None:
    assert draft(replace(INVOICE, attempts=(attempt(RULES.oldest_days),))).not_before == AT
    older = replace(INVOICE, attempts=(attempt(RULES.oldest_days + 0.001),))
    assert "writes" in str(why_not(older).instead)


@pytest.mark.parametrize(("tries", "is_allowed"), [(7, True), (8, False)])
def test_the_policy_limits_tries_of_a_card_whatever_the_invoice(tries: int, is_allowed: bool) -> None:
    elsewhere = {"fp": [AT - timedelta(days=6 + one) for one in range(tries - 1)]}
    found = consider(replace(INVOICE, attempts=(attempt(5),)), RULES, LIMIT, AT, card_tries=elsewhere)
    assert isinstance(found, Draft) == is_allowed
    if isinstance(found, NotProposed):
        assert found.until == min(elsewhere["fp"]) + timedelta(days=30)


def test_mastercards_advice_says_how_long_to_wait() -> None:
    invoice = declined("do_not_honor", "retry_later", 5, card_brand="mastercard", network_advice_code="30")
    assert draft(invoice).not_before == AT + timedelta(days=5)
    other = declined("do_not_honor", "retry_later", 5, card_brand="visa", network_advice_code="30")
    assert draft(other).not_before == AT


def test_an_account_without_money_is_tried_after_a_payday_that_is_near() -> None:
    invoice = declined("insufficient_funds", "retry_later")
    assert draft(invoice).not_before == datetime(2026, 11, 15, 10, tzinfo=UTC)
    assert draft(invoice, datetime(2026, 11, 10, 12, tzinfo=UTC)).not_before == datetime(2026, 11, 10, 12, tzinfo=UTC)


def test_the_time_is_day_where_the_customer_is() -> None:
    evening = AT.replace(hour=22)
    assert draft(INVOICE, evening).not_before == datetime(2026, 11, 13, 10, tzinfo=UTC)
    tokyo = draft(replace(INVOICE, customer_country="JP"), evening).not_before
    assert tokyo == datetime(2026, 11, 13, 1, tzinfo=UTC)


@given(
    st.integers(0, 700 * 24 * 60).map(lambda minutes: AT - timedelta(days=300) + timedelta(minutes=minutes)),
    st.sampled_from(["GB", "DE", "US", "JP", "AU", "IN", "NZ", "BR", "RU", "XX", None]),
    st.booleans(),
)
def test_a_good_time_is_not_before_the_earliest_and_within_the_day(
    earliest: datetime, country: str | None, is_payday: bool
) -> None:
    found = good_time(earliest, country, RULES, waits_for_payday=is_payday)
    assert timedelta(seconds=-1) < found - earliest < timedelta(days=RULES.payday_within_days + 3)
    hours = RULES.local_hours
    assert hours.first <= found.astimezone(zones_of(country)[0]).hour < hours.last


def test_a_country_that_is_not_known_is_taken_as_utc() -> None:
    assert zones_of("XX") == zones_of(None) == (ZoneInfo("UTC"),)


def test_evidence_of_an_older_version_is_refused_not_guessed() -> None:
    with pytest.raises(KeyError):
        read_unpaid_invoice({"invoice": "in_1"}, "cus_1", None)


def test_the_version_binds_what_is_asked_and_not_how_likely_it_is() -> None:
    one, other = draft(INVOICE), draft(replace(INVOICE, amount_reporting_minor=None))
    assert one.version_hash == other.version_hash
    for changed in (
        replace(one, amount_minor=2901),
        replace(one, currency="eur"),
        replace(one, customer_id="cus_2"),
        replace(one, body={**one.body, "payment_method": "pm_2"}),
        replace(one, facts={**one.facts, "last_charge": "ch_9"}),
        replace(one, not_before=AT + timedelta(hours=1)),
    ):
        assert changed.version_hash != one.version_hash
    assert replace(one, not_before=AT + timedelta(hours=1)).basis == one.basis
