"""What becomes of an approved retry after each answer of the billing system, and what the signed log says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from revops.domain.action import idempotency_key
from revops.domain.billing import (
    BillingRefusedError,
    BillingUnavailableError,
    Declined,
    NoSuchInvoiceError,
    NotFound,
    Paid,
)
from revops.service.dispatch import GIVEN_UP_AFTER, LEASE, PAUSE_OFF, SETTLED_AFTER, TRY_AGAIN_AFTER
from revops.settings import Settings
from revops.store import Store
from tests.revops.domain.proposals import AT
from tests.revops.service.bank import CHARGE, Counter, invoice_now

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

REQUEST = {"method": "POST", "path": "/v1/invoices/in_0001/pay", "form": {"payment_method": "on file"}}


@pytest.fixture
def counter(sqlite_store: Store, sqlite_settings: Settings) -> Counter:
    return Counter(sqlite_store, sqlite_settings)


def test_what_is_sent_is_exactly_what_was_kept_before_under_the_key_that_was_kept(counter: Counter) -> None:
    action = counter.approved()
    key = idempotency_key(action)
    held: list[object] = []

    def step(name: str) -> None:
        if name == "begun":
            begun = counter.now(action)
            held.append((begun.status, begun.request, begun.idempotency_key, begun.dispatched_at, begun.lease_until))

    assert counter.run(step=step) == {"done": 1}
    kept = {**REQUEST, "idempotency_key": key}
    assert held == [("dispatching", kept, key, AT, AT + LEASE)]
    (_look, pay) = counter.bank.asked
    assert (pay[1].as_json(pay[2]), pay[2]) == (kept, key)
    assert [(one.kind, one.data.get("request")) for one in counter.records()][-2:] == [
        ("action.begin", kept),
        ("action.succeed", None),
    ]


def test_money_that_came_in_is_recorded_with_its_charge_amount_and_time(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.pays = Paid("ch_9", 29_00, "usd", AT + timedelta(seconds=3))
    assert counter.run() == {"done": 1}
    outcome = {
        "how": "paid",
        "charge": "ch_9",
        "amount_minor": 29_00,
        "currency": "usd",
        "at": "2026-11-12T12:00:03+00:00",
    }
    done = counter.now(action)
    assert (done.outcome, done.lease_until, done.reason) == (outcome, None, None)
    assert counter.last() == ("action.succeed", outcome)
    assert counter.steps == ["claimed", "checked", "begun", "answered"]


@pytest.mark.parametrize(("whole", "ours"), [(50_00, 29_00), (29_00, 29_00), (19_00, 19_00)])
def test_more_than_was_asked_for_is_never_counted_as_ours(counter: Counter, whole: int, ours: int) -> None:
    action = counter.approved()
    counter.bank.pays = replace(CHARGE, amount_minor=whole)
    counter.run()
    assert (counter.now(action).outcome or {})["amount_minor"] == ours


@pytest.mark.parametrize(
    ("code", "words"), [("do_not_honor", "do not honor"), ("lost_card", "lost card"), (None, "no code")]
)
def test_a_decline_ends_it_with_the_banks_word(counter: Counter, code: str | None, words: str) -> None:
    action = counter.approved()
    counter.bank.pays = Declined("ch_9", code)
    assert counter.run() == {"failed": 1}
    outcome = {"how": "declined", "charge": "ch_9", "decline_code": code}
    failed = counter.now(action)
    assert (failed.outcome, failed.reason) == (outcome, f"The bank declined again ({words}).")
    assert (failed.lease_until, counter.last()) == (None, ("action.fail", outcome))
    assert counter.run() == {}, "a decline is final: what comes next is proposed anew"


def test_a_refusal_is_for_a_person_with_stripes_words_and_code(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.pays = BillingRefusedError("The invoice is being finalised.", code="invoice_not_editable")
    assert counter.run() == {"handed_over": 1}
    outcome = {"how": "refused", "code": "invoice_not_editable"}
    asked = counter.now(action)
    assert (asked.outcome, asked.reason, asked.lease_until) == (outcome, "The invoice is being finalised.", None)
    assert counter.last() == ("action.hand_over", outcome)
    assert counter.steps[-1] == "answered"


def test_a_refusal_because_somebody_else_was_faster_says_so(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.pays = BillingRefusedError("The invoice is paid already.")
    counter.bank.finds = NotFound(is_paid_otherwise=True, is_processing=False)
    assert counter.run() == {"failed": 1}
    ended = counter.now(action)
    assert (ended.outcome, ended.reason) == ({"how": "paid_otherwise"}, "It was paid otherwise in the meantime.")
    assert (ended.lease_until, counter.last()) == (None, ("action.fail", {"how": "paid_otherwise"}))
    assert counter.bank.asked[-1] == ("find", "in_0001", ended.idempotency_key, AT)


@pytest.mark.parametrize(
    "silence",
    [BillingUnavailableError("Stripe is away.", may_have_arrived=False), BillingRefusedError("No.")],
    ids=["silent", "refusing"],
)
def test_a_refusal_that_cannot_be_looked_into_is_for_a_person(counter: Counter, silence: Exception) -> None:
    action = counter.approved()
    counter.bank.pays = BillingRefusedError("The invoice cannot be paid.")
    counter.bank.finds = silence
    assert counter.run() == {"handed_over": 1}
    assert counter.now(action).reason == "The invoice cannot be paid."


def test_a_request_that_certainly_did_not_arrive_leaves_the_approval_as_it_was(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.pays = BillingUnavailableError("Stripe cannot be reached.", may_have_arrived=False)
    assert counter.run() == {"approved": 1}
    back = counter.now(action)
    assert (back.status, back.reason, back.lease_until) == ("approved", "Stripe cannot be reached.", None)
    assert back.snoozed_until == AT + TRY_AGAIN_AFTER
    assert counter.last() == ("action.put_back", {"why": "nothing was sent"})
    counter.clock.forward(seconds=TRY_AGAIN_AFTER.total_seconds())
    counter.bank.pays = CHARGE
    assert counter.run() == {"done": 1}
    assert counter.now(action).reason is None, "what held it up is over"


def test_stripe_is_asked_again_when_it_says_and_not_before(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.pays = BillingUnavailableError("Too many.", may_have_arrived=False, retry_after_seconds=7)
    assert counter.run() == {"approved": 1}
    assert counter.now(action).snoozed_until == AT + timedelta(seconds=7)


def test_a_key_without_the_permission_keeps_the_approval_for_a_day_and_no_longer(counter: Counter) -> None:
    action = counter.approved()
    ours = BillingRefusedError("The key lacks invoices: write.", code="permission", is_ours_to_mend=True)
    counter.bank.pays = ours
    assert counter.run() == {"approved": 1}
    back = counter.now(action)
    assert (back.snoozed_until, back.reason) == (AT + PAUSE_OFF, "The key lacks invoices: write.")
    counter.clock.now = AT + GIVEN_UP_AFTER
    assert counter.run() == {"approved": 1}, "a day to the second"
    counter.clock.now = AT + GIVEN_UP_AFTER + PAUSE_OFF
    assert counter.run() == {"handed_over": 1}


def test_a_lost_answer_is_kept_as_unknown_with_the_reason(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.pays = BillingUnavailableError("Stripe's answer was lost.", may_have_arrived=True)
    assert counter.run() == {"unknown": 1}
    lost = counter.now(action)
    assert (lost.status, lost.reason, lost.lease_until) == ("unknown", "Stripe's answer was lost.", None)
    assert counter.last() == ("action.lose", {"why": "Stripe's answer was lost."})


# Before anything is sent


def test_reading_goes_back_as_far_as_the_limits_and_names_the_method_that_would_be_charged(counter: Counter) -> None:
    counter.approved(body={"invoice": "in_0001", "payment_method": "pm_1"})
    counter.run()
    assert counter.bank.asked[0] == ("look", "in_0001", "pm_1", AT - timedelta(days=30))
    assert counter.bank.asked[1][1].form == {"payment_method": "pm_1"}


def test_an_invoice_that_is_not_there_says_what_to_look_at(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.looks = NoSuchInvoiceError("No such invoice.")
    assert counter.run() == {"handed_over": 1}
    ended = counter.now(action)
    reason = (
        "Stripe knows no such invoice. See that the key for actions is of the same account and mode as the one that "
        "reads."
    )
    assert (ended.reason, ended.ended_at, ended.lease_until) == (reason, AT, None)
    assert counter.last() == ("action.hand_over", {"why": reason})


def test_a_read_that_is_refused_is_for_a_person_unless_the_key_is_to_be_mended(counter: Counter) -> None:
    first = counter.approved()
    counter.bank.looks = BillingRefusedError("Not yours.")
    assert counter.run() == {"handed_over": 1}
    assert counter.now(first).reason == "Not yours."
    second = counter.approved(2)
    counter.bank.looks = BillingRefusedError("The key lacks invoices: read.", is_ours_to_mend=True)
    assert counter.run() == {"waiting": 1}
    waits = counter.now(second)
    assert (waits.status, waits.snoozed_until) == ("approved", AT + PAUSE_OFF)
    assert waits.reason == "The key lacks invoices: read."
    assert "pay" not in counter.bank.names()


def test_what_cannot_be_read_for_a_day_is_handed_to_a_person(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.looks = BillingUnavailableError("Stripe is away.", may_have_arrived=False, retry_after_seconds=90)
    assert counter.run() == {"waiting": 1}
    assert counter.now(action).snoozed_until == AT + timedelta(seconds=90)
    counter.clock.now = AT + GIVEN_UP_AFTER
    assert counter.run() == {"waiting": 1}
    counter.clock.forward(seconds=90)
    assert counter.run() == {"handed_over": 1}
    assert counter.now(action).reason == "It could not be carried out for a day: Stripe is away."


def test_the_day_begins_when_it_is_due_and_not_when_it_was_approved(counter: Counter) -> None:
    counter.approved(not_before=AT + timedelta(days=3))
    counter.bank.looks = BillingUnavailableError("Stripe is away.", may_have_arrived=False)
    counter.clock.now = AT + timedelta(days=3, hours=23)
    assert counter.run() == {"waiting": 1}


def test_a_limit_on_the_card_is_waited_for_until_it_ends(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.now = invoice_now(tries=[AT - timedelta(days=28)] * 8)
    assert counter.run() == {"waiting": 1}
    waits = counter.now(action)
    assert (waits.snoozed_until, waits.lease_until) == (AT + timedelta(days=2), None)
    assert waits.reason == "The card was tried 8 times in 30 days (the policy)."
    assert counter.last() == ("action.postpone", {"why": waits.reason})
    counter.clock.forward(days=2, seconds=-1)
    assert counter.run() == {}
    counter.clock.forward(seconds=1)
    assert counter.run() == {"done": 1}


def test_the_tenants_own_limit_counts(counter: Counter) -> None:
    counter.approved()
    counter.limit = replace(counter.limit, attempts=9)
    counter.bank.now = invoice_now(tries=[AT - timedelta(days=28)] * 8)
    assert counter.run() == {"done": 1}


@pytest.mark.parametrize(
    ("how", "status", "kind"),
    [
        ({"status": "paid"}, "withdrawn", "action.withdraw"),
        ({"amount_remaining_minor": 1}, "superseded", "action.supersede"),
        ({"is_disputed": True}, "handed_over", "action.hand_over"),
    ],
)
def test_what_is_not_as_approved_ends_with_its_reason_and_is_not_sent(
    counter: Counter, how: dict[str, object], status: str, kind: str
) -> None:
    action = counter.approved()
    counter.bank.now = invoice_now(**how)
    assert counter.run() == {status: 1}
    ended = counter.now(action)
    assert ended.reason
    assert (ended.ended_at, ended.lease_until, ended.request) == (AT, None, None)
    assert counter.last() == (kind, {"why": ended.reason})
    assert counter.bank.names() == ["look"]


def test_an_answer_long_after_the_request_is_believed_and_never_asked_for_again(counter: Counter) -> None:
    action = counter.approved()
    counter.bank.pays = BillingUnavailableError("Lost.", may_have_arrived=True)
    counter.run()
    counter.bank.finds = CHARGE
    counter.clock.forward(seconds=SETTLED_AFTER.total_seconds() * 10)
    assert counter.run() == {"done": 1}
    assert counter.now(action).status == "done"
    assert counter.bank.names().count("pay") == 1
