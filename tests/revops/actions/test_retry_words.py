"""What a proposed retry tells people and binds them to, and what each refusal says to do instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from revops.actions.retry_invoice import KIND, Limit, NotProposed, UnpaidInvoice, consider
from revops.actions.retry_rules import read_retry_rules
from revops.domain.action import Draft
from tests.revops.actions.unpaid import AT, INVOICE, RULES, attempt

LIMIT = Limit(8, 30)


def considered(invoice: UnpaidInvoice) -> Draft | NotProposed:
    return consider(invoice, RULES, LIMIT, AT)


def drafted(invoice: UnpaidInvoice = INVOICE) -> Draft:
    found = considered(invoice)
    assert isinstance(found, Draft), found
    return found


def declined(code: str | None, group: str | None, days_ago: float = 5, **changes: object) -> UnpaidInvoice:
    last = attempt(days_ago, decline_code=code, decline_group=group, **changes)
    return replace(INVOICE, attempts=(attempt(12), last))


def test_a_retry_asks_for_what_remains_from_whom_it_remains() -> None:
    found = drafted(replace(INVOICE, amount_remaining_minor=1900, currency="jpy", amount_reporting_minor=12))
    assert (found.kind, found.moves_money) == (KIND, True)
    assert (found.amount_minor, found.currency, found.amount_reporting_minor) == (1900, "jpy", 12)
    assert found.customer_id == "cus_1"


def test_an_approval_rests_on_the_state_of_the_invoice_and_its_last_try() -> None:
    assert drafted().facts == {
        "status": "open",
        "amount_remaining_minor": 2900,
        "decline_code": "do_not_honor",
        "last_charge": "ch_5",
        "payment_method": "pm_old",
        "card": "fp",
        "failures": 2,
    }


def test_a_new_payment_method_is_what_the_approval_rests_on_and_the_old_card_is_not() -> None:
    found = drafted(replace(declined("expired_card", "fix_data"), customer_payment_method="pm_new"))
    assert (found.facts["payment_method"], found.facts["card"], found.facts["last_charge"]) == ("pm_new", None, "ch_5")


def test_where_a_try_does_not_say_its_method_the_invoices_own_is_charged() -> None:
    nameless = (attempt(12, payment_method=None), attempt(5, payment_method=None))
    found = considered(replace(INVOICE, attempts=nameless, payment_method=None, customer_payment_method=None))
    assert isinstance(found, Draft)
    assert found.facts["payment_method"] is None


def test_where_the_invoice_names_no_method_the_one_that_failed_last_is_what_stripe_charges() -> None:
    found = drafted(replace(INVOICE, payment_method=None, customer_payment_method=None))
    assert found.facts["payment_method"] == "pm_old"


def test_people_read_why_and_exactly_what_happens() -> None:
    found = drafted()
    assert found.why == (
        "USD 29.00 of invoice N-1 is unpaid after 2 tries.",
        "The last decline was do not honor, which may pass.",
        "Stripe will not try again on its own.",
    )
    assert found.what_happens == (
        "Stripe tries once to collect USD 29.00 for invoice N-1 from the payment method on file. Right before, the "
        "invoice is read again; if it was paid or changed meanwhile, nothing is sent."
    )


def test_people_read_that_a_new_payment_method_is_charged() -> None:
    found = drafted(replace(declined("expired_card", "fix_data"), customer_payment_method="pm_new"))
    assert found.why[1] == "The last decline was expired card; the customer has added another payment method since."
    assert "from the customer's new payment method." in found.what_happens


def test_one_try_is_one_and_an_invoice_without_a_number_goes_by_its_id() -> None:
    found = drafted(replace(INVOICE, number=None, attempts=(attempt(5), attempt(6, status="succeeded"))))
    assert found.why[0] == "USD 29.00 of invoice in_1 is unpaid after 1 try."
    assert found.facts["failures"] == 1


def test_a_decline_without_a_code_is_said_to_have_none() -> None:
    assert drafted(declined(None, "retry_later")).why[1] == "The last decline was without a code, which may pass."


def test_the_newest_failure_counts_in_whatever_order_tries_are_known() -> None:
    tries = (attempt(5), attempt(12), attempt(1, status="succeeded"))
    assert drafted(replace(INVOICE, attempts=tries)).facts["last_charge"] == "ch_5"


def test_an_invoice_that_is_not_open_says_so_and_what_the_verdict_asks_for() -> None:
    off = replace(INVOICE, status="uncollectible", verdict="written_off")
    assert considered(off) == NotProposed("The invoice is not open.", RULES.verdicts["written_off"])
    assert considered(replace(INVOICE, status="void")) == NotProposed("The invoice is not open.", None)


def test_a_try_that_stripe_shows_is_named_with_its_time() -> None:
    shown = replace(INVOICE, verdict="in_retry_window", next_payment_attempt_at=AT + timedelta(hours=20))
    expected = NotProposed("Stripe shows a try of its own on 2026-11-13 08:00 UTC.", None)
    assert considered(shown) == expected
    assert considered(replace(shown, customer_payment_method="pm_new")) == expected, "Stripe would try the new one"
    assert isinstance(considered(replace(shown, verdict="retries_used_up", next_payment_attempt_at=AT)), Draft), (
        "a time that has come is none ahead"
    )


def test_a_phantom_retry_says_what_would_bring_the_money() -> None:
    phantom = replace(
        declined("lost_card", "never"), verdict="phantom_retry", next_payment_attempt_at=AT + timedelta(days=2)
    )
    assert considered(phantom) == NotProposed(
        "Stripe shows a try of its own on 2026-11-14 12:00 UTC.", RULES.groups["never"].instead
    )
    # A try that is really made needs nobody, whatever the last one met; and without a last one nothing is known.
    untried = replace(phantom, attempts=(), payment_method=None, customer_payment_method=None)
    for other in (replace(phantom, verdict="in_retry_window"), untried):
        assert considered(other) == NotProposed("Stripe shows a try of its own on 2026-11-14 12:00 UTC.", None)


def test_an_invoice_without_a_failure_is_for_a_person() -> None:
    for tries in ((), (attempt(5, status="succeeded"),)):
        assert considered(replace(INVOICE, attempts=tries)) == NotProposed(
            "No try is known that failed.", "A person looks at the invoice in Stripe."
        )


def test_an_old_debt_says_how_old_and_who_writes() -> None:
    assert considered(replace(INVOICE, attempts=(attempt(91),))) == NotProposed(
        "The last try is more than 90 days ago; a charge after so long surprises.",
        "A person writes to the customer first.",
    )


def test_a_card_that_is_no_use_says_why_and_what_to_ask_for() -> None:
    assert considered(declined("expired_card", "fix_data")) == NotProposed(
        "The last decline was expired card: trying the same card again is no use.", RULES.groups["fix_data"].instead
    )


def test_several_failed_methods_are_for_a_person() -> None:
    tries = (attempt(12, payment_method="pm_other"), attempt(5))
    assert considered(replace(INVOICE, attempts=tries, payment_method="pm_other")) == NotProposed(
        "Several payment methods have failed, and Stripe would try another one than the last.",
        "A person looks at them in Stripe.",
    )


@pytest.mark.parametrize("group", [None, "a_group_of_next_year"])
def test_a_decline_of_a_group_that_is_not_known_is_for_a_person_whatever_its_code(group: str | None) -> None:
    found = considered(declined("do_not_honor", group))
    assert isinstance(found, NotProposed)
    assert found.instead == RULES.groups["unknown"].instead


@pytest.mark.parametrize(
    ("code", "group", "hours"),
    [
        ("do_not_honor", "retry_later", 48),
        ("previously_declined_do_not_retry", "retry_later", 72),
        ("try_again_later", "retry_later", 24),
        (None, "retry_later", 24),
        ("processing_error", "technical", 1),
    ],
)
def test_a_card_rests_after_a_decline_for_as_long_as_its_code_asks(code: str | None, group: str, hours: int) -> None:
    # Declined within the hour, so that the wait decides; at night only what passes at any hour is tried.
    found = drafted(declined(code, group, 0.5 / 24))
    assert found.not_before == AT - timedelta(minutes=30) + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("brand", "advice", "hours"),
    [
        ("mastercard", "27", 96),
        ("MasterCard", "27", 96),
        ("mastercard", "24", 48),
        ("mastercard", "99", 48),
        ("mastercard", None, 48),
        ("visa", "27", 48),
        (None, "27", 48),
    ],
)
def test_mastercards_advice_lengthens_the_rest_of_its_own_cards_and_never_shortens_it(
    brand: str | None, advice: str | None, hours: int
) -> None:
    found = drafted(declined("do_not_honor", "retry_later", 0, card_brand=brand, network_advice_code=advice))
    assert found.not_before == AT + timedelta(hours=hours)


def test_a_new_payment_method_does_not_rest_for_the_old_ones_decline() -> None:
    invoice = replace(declined("do_not_honor", "retry_later", 0), customer_payment_method="pm_new")
    assert drafted(invoice).not_before == AT


def test_the_subscriptions_new_method_goes_before_the_customers() -> None:
    both = replace(declined("expired_card", "fix_data"), payment_method="pm_sub", customer_payment_method="pm_cus")
    assert drafted(both).body == {"invoice": "in_1", "payment_method": "pm_sub"}
    tried = replace(both, attempts=(*both.attempts, attempt(9, payment_method="pm_sub")))
    assert drafted(tried).body["payment_method"] == "pm_cus"


def test_a_time_is_in_whole_seconds_so_that_reading_it_back_makes_no_other_version() -> None:
    odd = AT.replace(microsecond=654_321)
    for invoice in (declined("processing_error", "technical"), INVOICE):
        found = consider(invoice, RULES, LIMIT, odd)
        assert isinstance(found, Draft)
        assert found.not_before == AT


def test_the_rules_are_those_of_this_release_and_say_which() -> None:
    assert read_retry_rules() is RULES
    assert RULES.version == "2026-11"
