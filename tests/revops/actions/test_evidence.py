"""What a detector says of an unpaid invoice is read exactly; what it does not say is not made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from revops.actions.retry_invoice import Attempt, UnpaidInvoice, read_unpaid_invoice

AT = datetime(2026, 10, 1, 12, tzinfo=UTC)
TRY = {
    "at": "2026-10-03T12:00:00+00:00",
    "charge": "ch_1",
    "status": "failed",
    "decline_code": "do_not_honor",
    "decline_group": "retry_later",
    "network_advice_code": "24",
    "card_brand": "mastercard",
    "card": "digest_1",
    "payment_method": "pm_1",
}
EVIDENCE: dict[str, Any] = {
    "invoice": "in_1",
    "number": "N-1",
    "amount_remaining_minor": 2900,
    "currency": "usd",
    "status": "open",
    "verdict": "retries_used_up",
    "next_payment_attempt_at": "2026-10-09T08:00:00+00:00",
    "payment_method": "pm_1",
    "is_payment_method_unchanged": False,
    "customer_payment_method": "pm_2",
    "customer_country": "GB",
    "billed_at": "2026-10-01T12:00:00+00:00",
    "attempts": [TRY],
}
NEEDED = ["invoice", "amount_remaining_minor", "currency", "status", "verdict", "billed_at"]


def test_every_fact_is_read_where_it_stands() -> None:
    assert read_unpaid_invoice(EVIDENCE, "cus_1", 2500) == UnpaidInvoice(
        invoice="in_1",
        number="N-1",
        customer_id="cus_1",
        amount_remaining_minor=2900,
        currency="usd",
        amount_reporting_minor=2500,
        status="open",
        verdict="retries_used_up",
        next_payment_attempt_at=datetime(2026, 10, 9, 8, tzinfo=UTC),
        payment_method="pm_1",
        is_payment_method_unchanged=False,
        customer_payment_method="pm_2",
        customer_country="GB",
        billed_at=AT,
        attempts=(
            Attempt(
                at=AT + timedelta(days=2),
                charge="ch_1",
                status="failed",
                decline_code="do_not_honor",
                decline_group="retry_later",
                network_advice_code="24",
                card_brand="mastercard",
                card="digest_1",
                payment_method="pm_1",
            ),
        ),
    )


def test_what_is_not_said_is_not_known() -> None:
    bare = {name: EVIDENCE[name] for name in NEEDED}
    found = read_unpaid_invoice(bare, None, None)
    assert (found.number, found.next_payment_attempt_at, found.attempts) == (None, None, ())
    assert (found.payment_method, found.customer_payment_method, found.customer_country) == (None, None, None)
    assert found.is_payment_method_unchanged, "a change is one that was seen"
    assert (found.last_failure, found.new_payment_method) == (None, None)
    one = read_unpaid_invoice(
        {**bare, "attempts": [{"at": TRY["at"], "charge": "ch_1", "status": "failed"}]}, None, None
    )
    assert one.attempts == (Attempt(AT + timedelta(days=2), "ch_1", "failed", *[None] * 6),)


@pytest.mark.parametrize("name", NEEDED)
def test_evidence_without_what_money_rests_on_is_refused(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        read_unpaid_invoice({key: value for key, value in EVIDENCE.items() if key != name}, "cus_1", None)


@pytest.mark.parametrize("name", ["at", "charge", "status"])
def test_a_try_without_time_charge_or_status_is_refused(name: str) -> None:
    broken = {key: value for key, value in TRY.items() if key != name}
    with pytest.raises(KeyError, match=name):
        read_unpaid_invoice({**EVIDENCE, "attempts": [broken]}, "cus_1", None)


def test_a_time_without_a_zone_is_utc_and_any_other_is_turned_into_it() -> None:
    for text in ("2026-10-01T12:00:00", "2026-10-01T12:00:00Z", "2026-10-01T21:00:00+09:00"):
        found = read_unpaid_invoice({**EVIDENCE, "billed_at": text}, None, None).billed_at
        assert (found, found.tzinfo) == (AT, UTC)
    with pytest.raises(ValueError, match="isoformat"):
        read_unpaid_invoice({**EVIDENCE, "billed_at": "yesterday"}, None, None)
