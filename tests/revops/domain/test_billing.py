"""What the billing system says, in words that decide whether a request may be repeated."""

from __future__ import annotations

from revops.domain.billing import BillingRefusedError, BillingUnavailableError, NoSuchInvoiceError
from revops.domain.carrying import Request


def test_a_request_is_kept_exactly_as_it_is_sent_with_the_key_that_finds_it_again() -> None:
    request = Request("POST", "/v1/invoices/in_1/pay", {"off_session": "true"})
    assert request.as_json("leaks-1") == {
        "method": "POST",
        "path": "/v1/invoices/in_1/pay",
        "form": {"off_session": "true"},
        "idempotency_key": "leaks-1",
    }
    assert request.as_json(None)["idempotency_key"] is None, "a dry run has none, because nothing is sent"


def test_silence_says_whether_the_request_may_have_arrived_and_when_to_come_back() -> None:
    lost = BillingUnavailableError("Stripe's answer was lost.", may_have_arrived=True)
    assert (str(lost), lost.may_have_arrived, lost.retry_after_seconds) == ("Stripe's answer was lost.", True, None)
    busy = BillingUnavailableError("Too many requests.", may_have_arrived=False, retry_after_seconds=2.5)
    assert (busy.may_have_arrived, busy.retry_after_seconds) == (False, 2.5)


def test_a_refusal_is_for_a_person_of_the_company_unless_it_says_that_the_key_is_to_be_mended() -> None:
    plain = BillingRefusedError("No.")
    assert (str(plain), plain.code, plain.is_ours_to_mend) == ("No.", None, False)
    ours = BillingRefusedError("The key lacks a permission.", code="permission_error", is_ours_to_mend=True)
    assert (ours.code, ours.is_ours_to_mend) == ("permission_error", True)
    assert isinstance(NoSuchInvoiceError("It is not there."), BillingRefusedError), "so it had no effect either"
