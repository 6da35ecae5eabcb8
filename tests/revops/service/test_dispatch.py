"""An approved retry is carried out once, and only while it is what was approved; the bank's ledger is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from revops.domain.action import Action
from revops.domain.decision import Change
from revops.service.dispatch import LEASE, SETTLED_AFTER
from revops.settings import Settings
from revops.store import Store
from sandbox.stripe import Running
from tests.contracts.fixtures import OpenSandbox
from tests.revops.owing import ADA, BOB, FORM, NOW, TENANT, Desk, owe

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions")


@pytest.fixture
def sandbox(stripe_sandbox: OpenSandbox) -> Running:
    return stripe_sandbox(as_of=NOW, is_frozen=True)


@pytest.fixture
def desk(store: Store, store_settings: Settings, sandbox: Running) -> Iterator[Desk]:
    with closing(Desk(store, store_settings, sandbox)) as desk:
        yield desk


@pytest.fixture
def sqlite_desk(sqlite_store: Store, sqlite_settings: Settings, sandbox: Running) -> Iterator[Desk]:
    with closing(Desk(sqlite_store, sqlite_settings, sandbox)) as desk:
        yield desk


def run(desk: Desk) -> dict[str, int]:
    return desk.dispatching().run(TENANT).counts


def outcome(desk: Desk, action: Action) -> tuple[str, str | None]:
    now = desk.now(action)
    return now.status, (now.outcome or {}).get("how")


def test_an_approved_retry_is_paid_once_and_its_leak_is_being_acted_on(desk: Desk) -> None:
    invoice = owe(desk.sandbox)
    action = desk.approved(invoice)
    assert run(desk) == {"done": 1}
    assert run(desk) == {}
    assert (desk.charges(invoice), desk.requests()) == (1, 1)
    assert outcome(desk, action) == ("done", "paid")
    done = desk.now(action)
    assert done.outcome is not None
    assert (done.outcome["amount_minor"], done.outcome["currency"]) == (2900, "usd")
    assert done.request is not None
    assert done.request["form"] == FORM
    assert done.outcome["charge"] == desk.sandbox.ledger.entries[0].id
    assert done.request["idempotency_key"] == desk.sandbox.ledger.entries[0].idempotency_key == done.idempotency_key
    assert [leak.status for leak in desk.leaks.read_open(TENANT)] == ["acting"]


def test_nothing_is_carried_out_before_its_time_nor_while_it_can_be_undone(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    desk.rules = type(desk.rules)(None, None, timedelta(days=7), timedelta(seconds=60))
    action = desk.approved(owe(desk.sandbox))
    assert run(desk) == {}
    desk.clock.forward(seconds=59)
    assert run(desk) == {}
    desk.clock.forward(seconds=1)
    assert run(desk) == {"done": 1}
    assert desk.now(action).status == "done"


def test_a_dry_run_shows_the_request_and_sends_none(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    desk.mode = "dry_run"
    action = desk.approved(owe(desk.sandbox))
    assert run(desk) == {"rehearsed": 1}
    shown = desk.now(action).request
    assert shown is not None
    assert (shown["method"], shown["path"], shown["form"]) == ("POST", "/v1/invoices/in_1/pay", FORM)
    assert desk.requests() == 0


def test_what_is_switched_off_or_has_no_key_waits(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    assert desk.dispatching(billing=lambda _tenant: None).run(TENANT).counts == {"waiting": 1}
    assert "key" in str(desk.now(action).reason)
    desk.clock.forward(hours=2)
    desk.mode = "off"
    assert run(desk) == {"waiting": 1}
    desk.clock.forward(hours=2)
    desk.mode = "on"
    assert run(desk) == {"done": 1}


def test_a_second_decline_ends_it_and_says_why(desk: Desk) -> None:
    invoice = owe(desk.sandbox)
    desk.sandbox.stand_in.declines["fp_1"] = "insufficient_funds"
    action = desk.approved(invoice)
    assert run(desk) == {"failed": 1}
    assert outcome(desk, action) == ("failed", "declined")
    assert "insufficient funds" in str(desk.now(action).reason)
    assert (desk.charges(invoice), desk.requests()) == (0, 1)
    assert [leak.status for leak in desk.leaks.read_open(TENANT)] == ["open"]


READS = [
    f"{one}_read"
    for one in ("invoice", "customer", "subscription", "charge", "payment_intent", "payment_method", "event")
]


def change(**fields: object) -> Callable[[Running], None]:
    def make(sandbox: Running) -> None:
        sandbox.stand_in.upsert({**sandbox.get("invoice", "in_1"), **fields})

    return make


def pay_outside(sandbox: Running) -> None:
    import httpx

    from tests.revops.owing import KEY

    paid = httpx.post(
        f"{sandbox.url}/v1/invoices/in_1/pay",
        data={"paid_out_of_band": "true"},
        headers={"Authorization": f"Bearer {KEY}"},
    )
    assert paid.status_code == 200


def other_card(sandbox: Running) -> None:
    customer = sandbox.get("customer", "cus_1")
    card = {**sandbox.get("payment_method", "pm_1"), "id": "pm_other"}
    sandbox.stand_in.upsert(card)
    settings = {**customer["invoice_settings"], "default_payment_method": "pm_other"}
    sandbox.stand_in.upsert({**customer, "invoice_settings": settings})


def dispute(sandbox: Running) -> None:
    sandbox.stand_in.upsert({**sandbox.get("charge", "ch_1_failed"), "disputed": True})


def under_way(sandbox: Running) -> None:
    sandbox.stand_in.upsert({**sandbox.get("payment_intent", "pi_1"), "status": "processing"})


@pytest.mark.parametrize(
    ("happens", "status", "words"),
    [
        (pay_outside, "withdrawn", "paid meanwhile"),
        (change(status="void"), "withdrawn", "void"),
        (change(status="uncollectible"), "withdrawn", "uncollectible"),
        (change(amount_remaining=1900), "superseded", "amount"),
        (change(next_payment_attempt=int(NOW.timestamp()) + 3600), "superseded", "Stripe will try"),
        (change(collection_method="send_invoice"), "superseded", "sent to the customer"),
        (other_card, "superseded", "payment method has changed"),
        (dispute, "handed_over", "disputed"),
    ],
)
def test_what_changed_since_the_approval_is_not_charged(
    sqlite_desk: Desk, happens: Callable[[Running], None], status: str, words: str
) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    happens(desk.sandbox)
    assert run(desk) == {status: 1}
    assert words in str(desk.now(action).reason)
    assert desk.charges("in_1") == 0
    assert desk.now(action).request is None


def test_a_payment_on_its_way_is_waited_for(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    under_way(desk.sandbox)
    assert run(desk) == {"waiting": 1}
    assert run(desk) == {}
    pay_outside(desk.sandbox)
    desk.clock.forward(hours=7)
    assert run(desk) == {"withdrawn": 1}
    assert desk.now(action).status == "withdrawn"
    assert desk.requests() == 1, "the one by hand"


def test_somebody_who_pays_between_preflight_and_call_is_not_charged_again(desk: Desk) -> None:
    action = desk.approved(owe(desk.sandbox))

    def step(name: str) -> None:
        if name == "begun":
            pay_outside(desk.sandbox)

    assert desk.dispatching(step=step).run(TENANT).counts == {"failed": 1}
    assert outcome(desk, action) == ("failed", "paid_otherwise")
    assert desk.charges("in_1") == 0


@pytest.mark.parametrize("kind", ["500", "503", "malformed", "truncated", "closed"])
@pytest.mark.parametrize("is_charged", [True, False])
def test_a_lost_answer_is_looked_up_and_never_sent_again(sqlite_desk: Desk, kind: str, is_charged: bool) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    desk.sandbox.faults.fail_next("*/pay", kind, method="POST", after_execution=is_charged)  # type: ignore[arg-type]
    assert run(desk) == {"unknown": 1}
    before = desk.requests()
    # Within the minutes in which it may still be under way, nothing is concluded from silence.
    assert run(desk) == ({"done": 1} if is_charged else {"unknown": 1})
    desk.clock.forward(seconds=SETTLED_AFTER.total_seconds())
    run(desk)
    assert outcome(desk, action) == (("done", "paid") if is_charged else ("failed", "not_charged"))
    assert desk.requests() == before
    assert desk.charges("in_1") == int(is_charged)


def test_after_failures_in_a_row_stripe_is_left_alone_and_none_of_them_is_sent_again(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    actions = [desk.approved(owe(desk.sandbox, number)) for number in range(7)]
    desk.sandbox.faults.fail_next("*/pay", "closed", method="POST", times=5, after_execution=True)
    assert run(desk) == {"unknown": 5, "waiting": 2}
    assert desk.requests() == 5
    assert sorted(desk.now(one).status for one in actions) == ["approved"] * 2 + ["unknown"] * 5
    desk.clock.forward(minutes=2)
    # Another process, or half a minute later: the breaker is closed.
    assert run(desk) == {"done": 7}
    assert desk.requests() == len(desk.sandbox.ledger) == 7


@pytest.mark.parametrize(("kind", "status"), [("429", "approved")])
def test_a_refusal_to_listen_is_no_attempt(sqlite_desk: Desk, kind: str, status: str) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    desk.sandbox.faults.fail_next("*/pay", kind, method="POST")  # type: ignore[arg-type]
    assert run(desk) == {status: 1}
    desk.clock.forward(minutes=2)
    assert run(desk) == {"done": 1}
    assert desk.charges("in_1") == 1
    assert desk.now(action).status == "done"


@pytest.mark.parametrize("step", ["claimed", "checked", "begun", "answered"])
def test_whoever_dies_at_a_step_leaves_one_charge_at_most(desk: Desk, step: str) -> None:
    action = desk.approved(owe(desk.sandbox))

    class DiedError(BaseException):
        pass

    def die(name: str) -> None:
        if name == step:
            raise DiedError

    with pytest.raises(DiedError):
        desk.dispatching(step=die).run(TENANT)
    assert run(desk) == {}, "the lease still holds"
    desk.clock.forward(seconds=LEASE.total_seconds())
    run(desk)
    desk.clock.forward(seconds=SETTLED_AFTER.total_seconds())
    run(desk)
    has_begun = step in ("begun", "answered")
    was_sent = step != "begun"
    expected = ("done", "paid") if was_sent else ("failed", "not_charged")
    assert outcome(desk, action) == expected, has_begun
    assert desk.charges("in_1") == int(was_sent)
    assert desk.requests() == int(was_sent)


def test_a_charge_is_known_by_its_key_after_stripe_has_forgotten_it(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    desk.sandbox.faults.fail_next("*/pay", "closed", method="POST", after_execution=True)
    assert run(desk) == {"unknown": 1}
    desk.sandbox.clock.advance(25 * 3600)
    desk.clock.forward(hours=25)
    assert run(desk) == {"done": 1}
    assert outcome(desk, action) == ("done", "paid")
    assert desk.charges("in_1") == 1


def test_a_key_without_the_permission_costs_no_approval_and_after_a_day_a_person_hears(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    key = "rk_live_onlyreads00001"
    desk.sandbox.stand_in.keys.restrict(key, READS)
    assert desk.keyed(key).run(TENANT).counts == {"approved": 1}
    assert "invoices: write" in str(desk.now(action).reason)
    desk.clock.forward(hours=25)
    assert desk.keyed(key).run(TENANT).counts == {"handed_over": 1}
    assert desk.charges("in_1") == 0


def test_a_key_that_is_mended_carries_out_what_was_approved(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    desk.sandbox.stand_in.keys.revoke("rk_live_revoked0000001")
    assert desk.keyed("rk_live_revoked0000001").run(TENANT).counts == {"waiting": 1}
    desk.clock.forward(hours=2)
    assert run(desk) == {"done": 1}
    assert desk.now(action).status == "done"


def test_an_invoice_that_is_not_there_is_for_a_person(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))
    assert desk.keyed("sk_test_otherdata00001").run(TENANT).counts == {"handed_over": 1}
    assert "same account and mode" in str(desk.now(action).reason)


def test_a_late_yes_is_not_given_up_at_the_first_fault(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.drafted(owe(desk.sandbox))
    desk.clock.forward(days=5)
    desk.approve(action)
    desk.sandbox.faults.fail_next("/v1/invoices/*", "503", times=3, method="GET")
    assert run(desk) == {"waiting": 1}


def test_who_was_held_up_for_longer_than_the_claim_begins_nothing(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.approved(owe(desk.sandbox))

    def step(name: str) -> None:
        if name == "checked":
            desk.clock.forward(seconds=LEASE.total_seconds())
            desk.deciding.undo(TENANT, action.action_id, action.version_hash, ADA, channel="web", at=desk.clock())
            desk.approve(action, BOB)

    assert desk.dispatching(step=step).run(TENANT, at_most=1).counts == {"lost_claim": 1}
    assert desk.requests() == 0
    assert desk.now(action).status == "approved"


def test_what_came_in_is_what_was_asked_for_where_a_part_was_paid_before(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    invoice = owe(desk.sandbox)
    desk.sandbox.stand_in.upsert(
        {**desk.sandbox.get("invoice", invoice), "amount_paid": 1000, "amount_remaining": 1900}
    )
    action = desk.approved(invoice)
    assert run(desk) == {"done": 1}
    assert (desk.now(action).outcome or {})["amount_minor"] == 1900


def test_a_yes_to_a_version_that_comes_back_is_asked_for_again(desk: Desk) -> None:
    action = desk.approved(owe(desk.sandbox))
    other = replace(action.draft, facts={**action.draft.facts, "last_charge": "ch_other"})
    for draft in (other, action.draft):
        desk.actions.change(TENANT, action.action_id, lambda _held, draft=draft: Change("renew", draft=draft), at=NOW)
    back = desk.now(action)
    assert (back.status, back.version_hash, back.approvals) == ("drafted", action.version_hash, ())
    assert desk.approve(back).status == "approved"


def test_what_nobody_decided_on_expires(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.drafted(owe(desk.sandbox))
    desk.clock.forward(days=7, seconds=-1)
    assert run(desk) == {}
    desk.clock.forward(seconds=1)
    assert run(desk) == {"expired": 1}
    assert desk.now(action).status == "expired"


def test_what_was_snoozed_is_asked_again_at_its_time_and_says_so(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    action = desk.drafted(owe(desk.sandbox))
    until = desk.clock() + timedelta(days=10)
    desk.deciding.snooze(
        TENANT, action.action_id, action.version_hash, ADA, channel="slack", at=desk.clock(), until=until
    )
    desk.clock.forward(days=10, seconds=-1)
    run(desk)
    assert desk.now(action).snoozed_until == until
    changes = desk.now(action).changes
    desk.clock.forward(seconds=1)
    run(desk)
    woken = desk.now(action)
    assert (woken.status, woken.snoozed_until, woken.changes) == ("drafted", None, changes + 1)
    run(desk)
    assert desk.now(action).changes == changes + 1
