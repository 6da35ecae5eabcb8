"""A thousand debts, each raced for: the bank's ledger knows of one charge at most, and no decision is lost.

For each debt two proposers, doubled clicks of two people from two channels, two dispatchers that may die at a step, and
somebody who may pay at the worst moment. All of it is drawn from a seed.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta

import httpx
import pytest

from revops.domain.action import Action
from revops.domain.decision import DecisionRefusedError
from revops.domain.person import Person
from revops.service.dispatch import LEASE, SETTLED_AFTER
from revops.settings import Settings
from revops.store import Store
from revops.store.decisions import Decisions
from sandbox.stripe import running
from sandbox.stripe.app import Exchange
from tests.revops.owing import ADA, BOB, KEY, NOW, TENANT, Desk, draft_of, new_leak, owe

SEED = 20261122
RACES = int(os.environ.get("DISPATCH_RACES", "1000"))
STEPS = ("claimed", "checked", "begun", "answered")
# What may happen to the answer of the request for money.
ANSWERS = ("none", "none", "none", "500", "closed", "malformed", "truncated", "429")


class DiedError(BaseException):
    """A dispatcher that ends here and now, as by SIGKILL: nothing behind it runs."""


@pytest.fixture
def desk(sqlite_store: Store, sqlite_settings: Settings) -> Iterator[Desk]:
    with running(as_of=NOW, is_frozen=True) as sandbox, closing(Desk(sqlite_store, sqlite_settings, sandbox)) as desk:
        yield desk


def together(*acts: Callable[[], object]) -> None:
    """All at once; each may fail in its own way."""
    start = threading.Barrier(len(acts))
    failures: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except (DecisionRefusedError, DiedError):
            pass
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def race(desk: Desk, number: int, chance: random.Random) -> Action:
    """One debt, from its leak to wherever the race leaves it."""
    invoice = owe(desk.sandbox, number)
    draft = draft_of(desk.sandbox, invoice, desk.clock())
    found = [new_leak(invoice), new_leak(invoice, "phantom_retry")]

    def propose(which: int) -> Callable[[], object]:
        def act() -> None:
            [opened] = desk.leaks.open(TENANT, [found[which]], actor="test", at=desk.clock())
            [leak] = desk.leaks.get(TENANT, [opened.leak_id])
            desk.actions.draft(leak, draft, expires_at=desk.clock() + timedelta(days=7), at=desk.clock())

        return act

    together(propose(0), propose(1))
    [leak] = desk.leaks.read_last(TENANT, [f"invoice:{invoice}"]).values()
    [action] = desk.actions.of_leaks(TENANT, [leak.leak_id])

    yes: list[str] = []

    def approve(person: Person, channel: str) -> Callable[[], object]:
        def act() -> None:
            desk.deciding.approve(
                TENANT,
                action.action_id,
                action.version_hash,
                person,
                channel=channel,  # type: ignore[arg-type]
                at=desk.clock(),
            )
            yes.append(person.person_id)

        return act

    together(approve(ADA, "slack"), approve(ADA, "slack"), approve(BOB, "web"), approve(BOB, "web"))
    assert len(yes) == 1, "one of four clicks decides"

    answer = chance.choice(ANSWERS)
    if answer != "none":
        is_after = chance.random() < 0.5 and answer != "429"
        desk.sandbox.faults.fail_next(f"*/{invoice}/pay", answer, method="POST", after_execution=is_after)  # type: ignore[arg-type]
    pays_at = chance.choice((None, None, *STEPS))
    dies_at = [chance.choice((None, *STEPS)) for _ in range(2)]
    paid = threading.Lock()

    def step(dies: str | None) -> Callable[[str], None]:
        def hear(name: str) -> None:
            if name == pays_at and paid.acquire(blocking=False):
                by_hand(desk, invoice)
            if name == dies:
                raise DiedError

        return hear

    together(*(lambda dies=dies: desk.dispatching(step=step(dies)).run(TENANT) for dies in dies_at))
    desk.close()
    desk.sandbox.faults.clear()
    return action


def by_hand(desk: Desk, invoice: str) -> None:
    """A person presses "charge customer" in Stripe's dashboard; refused where it is paid already."""
    # It may be theirs that is the lost answer.
    with suppress(httpx.HTTPError):
        httpx.post(f"{desk.sandbox.url}/v1/invoices/{invoice}/pay", headers={"Authorization": f"Bearer {KEY}"})


def settle(desk: Desk) -> None:
    """Every worker is back, and time has passed."""
    for pause in (LEASE, SETTLED_AFTER) * 3:
        seconds = int(pause.total_seconds()) + 1
        desk.clock.forward(seconds=seconds)
        desk.sandbox.clock.advance(seconds)
        desk.dispatching().run(TENANT)
        desk.close()


def run_races(desk: Desk, races: int, seed: int) -> Counter[str]:
    chance = random.Random(seed)
    ends: Counter[str] = Counter()
    for number in range(races):
        desk.sandbox.requests.clear()
        action = race(desk, number, chance)
        settle(desk)
        ended = desk.now(action)
        invoice = str(ended.draft.body["invoice"])
        charges = [entry for entry in desk.sandbox.ledger.entries if entry.invoice == invoice]
        ours = [entry for entry in charges if entry.idempotency_key]
        assert len(charges) <= 1, "nobody is charged twice"
        keys = {one.headers.get("idempotency-key") for one in posts(desk, invoice)} - {None}
        assert len(keys) <= 1, "one attempt has one key"
        assert not ended.is_unsettled, (
            f"it has ended: {ended.status}, {ended.reason}, {ended.snoozed_until}, {ended.lease_until}, {desk.clock()}"
        )
        assert (ended.status == "done") == (len(ours) == 1), "what is done was charged by us, and the other way round"
        ends[f"{ended.status} {(ended.outcome or {}).get('how', '')}".strip()] += 1
    kinds = Counter(one.record.kind for one in Decisions(desk.store).read(TENANT))
    assert kinds["action.approve"] == races, "no decision is lost, none is there twice"
    return ends


def posts(desk: Desk, invoice: str) -> list[Exchange]:
    """Requests for money of one invoice."""
    return [one for one in desk.sandbox.requests if one.method == "POST" and one.path.endswith(f"/{invoice}/pay")]


def test_races_for_a_debt_end_with_one_charge_at_most(desk: Desk) -> None:
    run_races(desk, 12, SEED)


@pytest.mark.chaos
def test_a_thousand_races_end_with_one_charge_at_most(desk: Desk) -> None:
    ends = run_races(desk, RACES, SEED + 1)
    print(f"\n{RACES} races: {dict(ends)}; charges in the bank's ledger {len(desk.sandbox.ledger)}, doubled 0")  # noqa: T201


def pay_between(desk: Desk, count: int, seed: int) -> Counter[str]:
    chance = random.Random(seed)
    ends: Counter[str] = Counter()
    for number in range(count):
        desk.sandbox.requests.clear()
        invoice = owe(desk.sandbox, number)
        action = desk.approved(invoice)
        is_out_of_band = chance.random() < 0.5
        data = {"paid_out_of_band": "true"} if is_out_of_band else {}
        paid = httpx.post(
            f"{desk.sandbox.url}/v1/invoices/{invoice}/pay", data=data, headers={"Authorization": f"Bearer {KEY}"}
        )
        assert paid.status_code == 200
        desk.dispatching().run(TENANT)
        desk.close()
        assert len([one for one in desk.sandbox.ledger.entries if one.invoice == invoice]) == 1
        assert len(posts(desk, invoice)) == 1, "the customer's own"
        ends[desk.now(action).status] += 1
    return ends


def test_who_pays_between_approval_and_dispatch_is_not_charged(desk: Desk) -> None:
    assert pay_between(desk, 10, SEED) == {"withdrawn": 10}


@pytest.mark.chaos
def test_a_thousand_who_pay_between_approval_and_dispatch_are_not_charged(desk: Desk) -> None:
    assert pay_between(desk, RACES, SEED) == {"withdrawn": RACES}
    print(f"\n{RACES} payments between approval and dispatch: wrongful charges 0")  # noqa: T201
