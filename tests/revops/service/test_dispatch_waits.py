"""What waits, what is looked up and what expires: nothing is sent twice, and silence concludes nothing too early."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from revops.domain.action import Action
from revops.domain.billing import BillingRefusedError, BillingUnavailableError, NotFound
from revops.service.dispatch import LEASE, LOOK_AGAIN_AFTER, PAUSE_OFF, SETTLED_AFTER
from revops.settings import Settings
from revops.store import Store
from tests.revops.domain.proposals import ADA, AT, BEN
from tests.revops.service.bank import CHARGE, NOTHING, Counter
from tests.revops.store.proposed import TENANT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

LOST = BillingUnavailableError("Lost.", may_have_arrived=True)


@pytest.fixture
def counter(sqlite_store: Store, sqlite_settings: Settings) -> Counter:
    return Counter(sqlite_store, sqlite_settings)


def lost(counter: Counter) -> Action:
    """A request whose answer is not known."""
    action = counter.approved()
    counter.bank.pays = LOST
    assert counter.run() == {"unknown": 1}
    counter.bank.asked.clear()
    return action


class DiedError(BaseException):
    """The process ends here."""


def died(counter: Counter, where: str) -> Action:
    """Somebody began, and ended with the process."""
    action = counter.approved()

    def step(name: str) -> None:
        if name == where:
            raise DiedError

    with pytest.raises(DiedError):
        counter.run(step=step)
    counter.bank.asked.clear()
    return action


def test_no_more_is_begun_than_was_asked_for(counter: Counter) -> None:
    for number in (1, 2, 3):
        counter.approved(number)
    assert counter.run(at_most=2) == {"done": 2}
    assert counter.run() == {"done": 1}


def test_what_is_switched_off_waits_an_hour_and_says_why(counter: Counter) -> None:
    action = counter.approved()
    counter.mode = "off"
    assert counter.run() == {"waiting": 1}
    waits = counter.now(action)
    assert waits.reason == "The policy has this kind of action switched off."
    assert (waits.status, waits.snoozed_until, waits.lease_until) == ("approved", AT + PAUSE_OFF, None)
    assert (counter.bank.asked, counter.steps) == ([], ["claimed"])


def test_a_policy_is_asked_for_this_tenant_and_this_kind(counter: Counter) -> None:
    counter.approved()
    asked: list[object] = []

    def mode(tenant: str, kind: str) -> str:
        asked.append((tenant, kind))
        return "on"

    def remember(tenant: str) -> object:
        asked.append(tenant)
        return counter.bank

    counter.run(mode=mode, billing=remember)
    assert asked[0] == (TENANT, "retry_invoice")
    assert set(asked[1:]) == {TENANT}


def test_without_a_key_it_waits_and_says_which_to_set(counter: Counter) -> None:
    action = counter.approved()
    assert counter.run(billing=lambda _tenant: None) == {"waiting": 1}
    waits = counter.now(action)
    assert waits.reason == (
        "There is no key that may do it: set STRIPE_ACTIONS_API_KEY, or for another tenant than default "
        "`leaks tenants add SLUG --actions-key-env VAR`."
    )
    assert waits.snoozed_until == AT + PAUSE_OFF


def test_looking_again_and_again_writes_one_record_and_not_one_an_hour(counter: Counter) -> None:
    action = counter.approved()
    counter.mode = "off"
    counter.run()
    before = len(counter.records())
    for hour in (1, 2, 3):
        counter.clock.now = AT + hour * PAUSE_OFF
        assert counter.run() == {"waiting": 1}
        assert counter.now(action).snoozed_until == AT + (hour + 1) * PAUSE_OFF
    assert len(counter.records()) == before
    counter.clock.now = AT + 4 * PAUSE_OFF
    counter.run(mode=lambda *_of: "on", billing=lambda _tenant: None)
    assert len(counter.records()) == before + 1, "another reason is news"


def test_a_dry_run_shows_the_request_reads_with_the_reading_key_and_ends_there(counter: Counter) -> None:
    action = counter.approved()
    counter.mode = "dry_run"
    assert counter.run(billing=lambda _tenant: None, preview=lambda _tenant: counter.bank) == {"rehearsed": 1}
    shown = counter.now(action)
    assert shown.reason == "Dry run: this would have been sent, and nothing was."
    assert shown.request == {
        "method": "POST",
        "path": "/v1/invoices/in_0001/pay",
        "form": {"payment_method": "on file"},
        "idempotency_key": None,
    }
    assert (shown.ended_at, shown.idempotency_key, shown.dispatched_at) == (AT, None, None)
    assert counter.bank.names() == ["look"]


def test_a_dry_run_never_uses_the_key_that_may_write(counter: Counter) -> None:
    counter.approved()
    counter.mode = "dry_run"
    assert counter.run() == {"waiting": 1}
    assert counter.bank.asked == []


def test_each_step_is_in_the_log_with_tenant_action_and_what_became_of_it(counter: Counter) -> None:
    action = counter.approved()
    with capture_logs() as logged:
        counter.run()
    same = {"event": "action_changed", "log_level": "info", "tenant": TENANT, "action": action.action_id}
    assert logged == [
        {**same, "how": "begin", "status": "dispatching"},
        {**same, "how": "succeed", "status": "done"},
    ]


# Whoever was held up


@pytest.mark.parametrize("held_up", [LEASE - timedelta(seconds=1), LEASE])
def test_who_is_held_up_begins_only_while_the_claim_holds(counter: Counter, held_up: timedelta) -> None:
    action = counter.approved()
    still_holds = held_up < LEASE
    found = counter.while_checked(lambda: counter.clock.forward(seconds=held_up.total_seconds()))
    assert found == ({"done": 1} if still_holds else {"lost_claim": 1})
    assert counter.now(action).status == ("done" if still_holds else "approved")
    assert ("pay" in counter.bank.names()) == still_holds


def test_who_comes_back_after_another_claimed_it_changes_nothing(counter: Counter) -> None:
    action = counter.approved()

    def another_claims() -> None:
        counter.clock.forward(seconds=LEASE.total_seconds())
        assert counter.actions.claim(TENANT, counter.clock(), LEASE) is not None

    assert counter.while_checked(another_claims) == {"lost_claim": 1}
    assert counter.now(action).status == "approved"
    assert "pay" not in counter.bank.names()


def test_what_was_refined_meanwhile_is_not_sent_as_it_was(counter: Counter) -> None:
    action = counter.approved()

    def refine() -> None:
        counter.clock.forward(seconds=LEASE.total_seconds())
        say = counter.deciding
        say.undo(TENANT, action.action_id, action.version_hash, ADA, channel="web", at=counter.clock())
        later = counter.clock() + timedelta(hours=1)
        refined = say.refine(
            TENANT, action.action_id, action.version_hash, ADA, channel="web", at=counter.clock(), not_before=later
        )
        counter.approve(refined.action, BEN)

    assert counter.while_checked(refine) == {"lost_claim": 1}
    assert "pay" not in counter.bank.names()


# Looking up


def test_a_request_whose_sender_died_is_left_alone_while_its_lease_holds(counter: Counter) -> None:
    action = died(counter, "begun")
    counter.clock.forward(seconds=LEASE.total_seconds() - 1)
    assert counter.run() == {}
    assert (counter.now(action).status, counter.bank.asked) == ("dispatching", [])
    counter.clock.forward(seconds=1)
    assert counter.run() == {"unknown": 1}
    assert counter.now(action).lease_until is None
    assert counter.last() == ("action.lose", {"why": "who sent it has ended"})
    assert counter.bank.asked == [("find", "in_0001", counter.now(action).idempotency_key, AT)]


def test_silence_concludes_nothing_before_nothing_can_be_under_way(counter: Counter) -> None:
    action = lost(counter)
    counter.clock.now = AT + SETTLED_AFTER - timedelta(seconds=1)
    assert counter.run() == {"unknown": 1}
    assert counter.now(action).status == "unknown"
    counter.clock.now = AT + SETTLED_AFTER
    assert counter.run() == {"failed": 1}
    ended = counter.now(action)
    assert (ended.outcome, ended.reason) == (
        {"how": "not_charged"},
        "The request never arrived; nothing was charged.",
    )
    assert counter.last() == ("action.fail", {"how": "not_charged"})
    assert counter.bank.names() == ["find", "find"]


def test_while_a_payment_is_processing_the_outcome_stays_unknown(counter: Counter) -> None:
    action = lost(counter)
    counter.bank.finds = replace(NOTHING, is_processing=True)
    counter.clock.now = AT + 3 * SETTLED_AFTER
    assert counter.run() == {"unknown": 1}
    assert counter.now(action).status == "unknown"


def test_what_somebody_else_paid_is_not_claimed_as_ours(counter: Counter) -> None:
    action = lost(counter)
    counter.bank.finds = NotFound(is_paid_otherwise=True, is_processing=False)
    counter.clock.now = AT + SETTLED_AFTER
    assert counter.run() == {"failed": 1}
    ended = counter.now(action)
    assert (ended.outcome, ended.reason) == ({"how": "paid_otherwise"}, "It was paid otherwise in the meantime.")


@pytest.mark.parametrize("trouble", [LOST, BillingRefusedError("The key lacks events: read.")], ids=["away", "refused"])
def test_a_look_that_fails_leaves_it_unknown_and_says_so(counter: Counter, trouble: Exception) -> None:
    action = lost(counter)
    counter.bank.finds = trouble
    counter.clock.now = AT + SETTLED_AFTER
    with capture_logs() as logged:
        assert counter.run() == {"unknown": 1}
    assert counter.now(action).status == "unknown"
    assert logged == [
        {
            "event": "outcome_not_found",
            "log_level": "warning",
            "tenant": TENANT,
            "action": action.action_id,
            "error": str(trouble),
        }
    ], "who runs the installation sees which one and why"


def test_one_process_looks_at_most_every_fifteen_seconds(counter: Counter) -> None:
    lost(counter)
    worker = counter.dispatching()
    looks = []
    for seconds in (0, 14.999, 15, 15, 29, 30):
        counter.clock.now = AT + timedelta(seconds=seconds)
        counter.bank.asked.clear()
        worker.run(TENANT)
        looks.append(len(counter.bank.asked))
    assert timedelta(seconds=15) == LOOK_AGAIN_AFTER
    assert looks == [1, 0, 1, 0, 0, 1]


def test_one_that_was_looked_at_just_now_holds_up_no_other(counter: Counter) -> None:
    first = lost(counter)
    worker = counter.dispatching()
    worker.run(TENANT)
    second = counter.approved(2)
    assert worker.run(TENANT).counts == {"unknown": 1}
    counter.bank.finds = CHARGE
    assert worker.run(TENANT).counts == {"done": 1}
    assert (counter.now(first).status, counter.now(second).status) == ("unknown", "done")


def test_without_a_key_a_lost_answer_stays_unknown_and_others_are_not_held_up(counter: Counter) -> None:
    action = died(counter, "begun")
    counter.clock.forward(seconds=LEASE.total_seconds())
    assert counter.run(billing=lambda _tenant: None) == {}
    assert counter.now(action).status == "unknown"
    counter.bank.finds = CHARGE
    assert counter.run() == {"done": 1}


def test_one_that_waits_for_its_lease_holds_up_no_other(counter: Counter) -> None:
    first = died(counter, "begun")
    counter.bank.pays = LOST
    second = counter.approved(2)
    assert counter.run() == {"unknown": 1}
    counter.bank.finds = CHARGE
    assert counter.run() == {"done": 1}
    assert (counter.now(first).status, counter.now(second).status) == ("dispatching", "done")


def test_what_another_worker_found_first_is_left_as_it_is_and_the_next_is_looked_at(counter: Counter) -> None:
    first, second = (counter.approved(number) for number in (1, 2))
    counter.bank.pays = LOST
    assert counter.run() == {"unknown": 2}
    counter.bank.finds = CHARGE
    bank, other = counter.bank, counter.dispatching()

    class Overtaken:
        """While the first is being looked up, another worker settles it."""

        def find(self, *_what: object) -> object:
            if counter.now(first).status == "unknown" and counter.now(second).status == "unknown":
                other.run(TENANT)
            return bank.finds

    assert counter.run(billing=lambda _tenant: Overtaken()) == {}
    assert [counter.now(one).status for one in (first, second)] == ["done", "done"]
    assert [one.kind for one in counter.records()].count("action.succeed") == 2


# Time alone


def test_each_that_expires_is_counted_and_says_why(counter: Counter) -> None:
    asked = [counter.drafted(number) for number in (1, 2)]
    approved = counter.approved(3)
    counter.mode = "off"
    counter.clock.now = AT + timedelta(days=7)
    assert counter.run() == {"expired": 3}
    assert {counter.now(one).reason for one in asked} == {"Nobody decided in time."}
    late = counter.now(approved)
    assert (late.status, late.reason, late.ended_at) == (
        "expired",
        "It could not be carried out in time.",
        counter.clock(),
    )


def test_one_that_is_being_carried_out_does_not_expire_under_the_hands_of_who_does_it(counter: Counter) -> None:
    action = counter.approved()
    counter.clock.now = AT + timedelta(days=7) - timedelta(seconds=1)
    assert counter.actions.claim(TENANT, counter.clock(), LEASE) is not None
    counter.clock.forward(seconds=1)
    assert counter.run() == {}
    assert counter.now(action).status == "approved"
    counter.clock.now = AT + timedelta(days=7) + LEASE - timedelta(seconds=1)
    assert counter.run() == {"expired": 1}


def test_what_is_approved_for_a_day_beyond_the_expiry_is_carried_out_on_that_day(counter: Counter) -> None:
    due = AT + timedelta(days=20)
    action = counter.approved(not_before=due)
    for days in (6, 7, 8, 19):
        counter.clock.now = AT + timedelta(days=days)
        assert counter.run() == {}
    counter.clock.now = due
    assert counter.run() == {"done": 1}
    assert counter.now(action).status == "done"


def test_waking_is_no_expiry_and_is_asked_again(counter: Counter) -> None:
    action = counter.drafted()
    until = AT + timedelta(days=2)
    counter.deciding.snooze(TENANT, action.action_id, action.version_hash, ADA, channel="web", at=AT, until=until)
    counter.clock.now = until - timedelta(seconds=1)
    assert counter.run() == {}
    assert counter.now(action).snoozed_until == until
    counter.clock.now = until
    assert counter.run() == {}
    woken = counter.now(action)
    assert (woken.status, woken.snoozed_until) == ("drafted", None)
    assert [one.kind for one in counter.records()] == ["action.draft", "action.snooze", "action.wake"]
