"""Leak, approval and dispatch against a small model of what may be: whatever people and Stripe do, in whatever order.

The model knows nothing of our states but what people were told: a yes counts for what was seen, money moves for the
newest yes alone and once, a no ends it, and the bank's ledger is the judge.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count

import httpx
import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from revops.domain.action import Action
from revops.domain.decision import DecisionRefusedError
from revops.domain.leak import Closing
from revops.domain.person import Person
from revops.service.dispatch import LEASE, SETTLED_AFTER
from revops.settings import Settings
from revops.store import Store
from revops.store.decisions import Decisions
from revops.store.suppressions import Suppressions
from sandbox.stripe import running
from sandbox.stripe.ledger import Entry
from tests.revops.owing import ADA, BOB, KEY, NOW, TENANT, Desk, draft_of, owe

RUNS = int(os.environ.get("MODEL_RUNS", "10000"))
SEED = int(os.environ.get("MODEL_SEED", "1"))
_numbers = count(1)
_PEOPLE = st.sampled_from([ADA, BOB, Person("slack:T1:VIC", "viewer")])
_FAULTS = st.sampled_from([None, None, "500", "closed", "429", "truncated"])
_BUTTONS = st.sampled_from(["newest", "old"])


class World(RuleBasedStateMachine):
    """One debt and everybody who has to do with it."""

    desk: Desk

    @initialize()
    def a_debt(self) -> None:
        # Every debt begins in the same hour; what was there before has ended.
        self.desk.clock.now = NOW
        self.desk.sandbox.clock.set_seconds(int(NOW.timestamp()))
        self.invoice = owe(self.desk.sandbox, next(_numbers))
        self.action: Action = self.desk.drafted(self.invoice)
        self.seen = [self.action.version_hash]
        # What the model knows: whose yes holds, for which version; how often we may have asked for money.
        self.yes: str | None = None
        self.is_over = False
        self.is_paid_by_hand = False

    def _dispatch(self) -> None:
        """A worker of its own: what failed before keeps this one from nothing."""
        self.desk.dispatching().run(TENANT)
        self.desk.close()

    def _now(self) -> Action:
        return self.desk.now(self.action)

    def _button(self, which: str) -> str:
        return self.seen[-1] if which == "newest" else self.seen[0]

    @rule(person=_PEOPLE, button=_BUTTONS)
    def somebody_approves(self, person: Person, button: str) -> None:
        seen = self._button(button)
        try:
            self.desk.deciding.approve(
                TENANT, self.action.action_id, seen, person, channel="slack", at=self.desk.clock()
            )
        except DecisionRefusedError:
            return
        assert person.role != "viewer", "a viewer decides nothing"
        assert seen == self.seen[-1], "an old button decides nothing"
        assert not self.is_over, "what has ended is decided no more"
        assert self.yes is None, "one yes is enough, and the second is refused"
        self.yes = seen

    @rule(person=_PEOPLE, button=_BUTTONS)
    def somebody_denies(self, person: Person, button: str) -> None:
        try:
            self.desk.deciding.deny(
                TENANT,
                self.action.action_id,
                self._button(button),
                person,
                channel="web",
                at=self.desk.clock(),
                reason="not_now",
            )
        except DecisionRefusedError:
            return
        assert person.role != "viewer"
        assert self.yes is None, "a no after a yes is too late; that is what undo is for"
        self.is_over = True

    @rule(hours=st.integers(1, 200))
    def ada_refines(self, hours: int) -> None:
        try:
            decided = self.desk.deciding.refine(
                TENANT,
                self.action.action_id,
                self.seen[-1],
                ADA,
                channel="web",
                at=self.desk.clock(),
                not_before=self.desk.clock() + timedelta(hours=hours),
            )
        except DecisionRefusedError:
            return
        assert self.yes is None
        self.seen.append(decided.action.version_hash)

    @rule(button=_BUTTONS)
    def bob_undoes(self, button: str) -> None:
        try:
            self.desk.deciding.undo(
                TENANT, self.action.action_id, self._button(button), BOB, channel="web", at=self.desk.clock()
            )
        except DecisionRefusedError:
            return
        assert self.yes is not None, "there was a yes to take back"
        self.yes = None

    @rule(days=st.integers(1, 40))
    def ada_snoozes(self, days: int) -> None:
        try:
            self.desk.deciding.snooze(
                TENANT,
                self.action.action_id,
                self.seen[-1],
                ADA,
                channel="web",
                at=self.desk.clock(),
                until=self.desk.clock() + timedelta(days=days),
            )
        except DecisionRefusedError:
            return
        assert self.yes is None

    @rule()
    def somebody_proposes_it_again(self) -> None:
        [leak] = self.desk.leaks.get(TENANT, [self.action.leak_id])
        draft = draft_of(self.desk.sandbox, self.invoice, self.desk.clock()) if self._owes() else self.action.draft
        again = self.desk.actions.draft(
            leak, draft, expires_at=self.desk.clock() + timedelta(days=7), at=self.desk.clock()
        )
        if again is not None:
            assert not self._now().is_unsettled, "one that moves money is open at a time"
            self.action, self.seen, self.yes, self.is_over = again, [again.version_hash], None, False

    @rule()
    def the_customer_pays(self) -> None:
        paid = httpx.post(
            f"{self.desk.sandbox.url}/v1/invoices/{self.invoice}/pay",
            headers={"Authorization": f"Bearer {KEY}"},
        )
        self.is_paid_by_hand = self.is_paid_by_hand or paid.status_code == 200

    @rule()
    def the_leak_ends(self) -> None:
        closing = Closing(self.action.leak_id, "paid", self.desk.clock(), "collected")
        self.desk.leaks.close(TENANT, [closing], actor="test", at=self.desk.clock())

    @rule()
    def ada_dismisses_the_leak(self) -> None:
        kept = Suppressions(self.desk.store, self.desk.signer, self.desk.actions)
        try:
            kept.dismiss(
                TENANT, self.action.leak_id, person=ADA, channel="web", reason="no", until=None, at=self.desk.clock()
            )
        except DecisionRefusedError:
            return
        assert self._now().status not in ("drafted", "approved", "dispatching", "unknown")

    @rule(fault=_FAULTS, is_after=st.booleans())
    def a_worker_comes_by(self, fault: str | None, is_after: bool) -> None:
        had = len(self._charges())
        if fault is not None:
            self.desk.sandbox.faults.fail_next(
                f"*/{self.invoice}/pay",
                fault,
                method="POST",
                after_execution=is_after and fault != "429",  # type: ignore[arg-type]
            )
        self._dispatch()
        self.desk.sandbox.faults.clear()
        if len(self._charges()) > had and not self.is_paid_by_hand:
            assert self.yes == self.seen[-1], "money moves for the newest yes alone"

    @rule(hours=st.sampled_from([0.01, 1, 13, 200]))
    def time_passes(self, hours: float) -> None:
        self.desk.clock.forward(hours=hours)
        self.desk.sandbox.clock.advance(int(hours * 3_600))

    @invariant()
    def nobody_is_charged_twice(self) -> None:
        if hasattr(self, "invoice"):
            assert len(self._charges()) <= 1

    @invariant()
    def what_is_done_was_charged_by_us(self) -> None:
        if hasattr(self, "invoice") and self._now().status == "done":
            assert [one.idempotency_key for one in self._charges()] == [self._now().idempotency_key]

    def teardown(self) -> None:
        if not hasattr(self, "invoice"):
            return
        for pause in (LEASE, SETTLED_AFTER):
            self.time_passes(pause.total_seconds() / 3_600 + 0.001)
            self._dispatch()
        assert self._now().status not in ("dispatching", "unknown"), "every outcome gets known"
        self.nobody_is_charged_twice()
        # It is nobody's turn any more: the next debt begins alone.
        self.desk.clock.forward(days=40)
        self.desk.sandbox.clock.advance(40 * 86_400)
        self._dispatch()

    def _owes(self) -> bool:
        return bool(self.desk.sandbox.get("invoice", self.invoice)["status"] == "open")

    def _charges(self) -> list[Entry]:
        return [one for one in self.desk.sandbox.ledger.entries if one.invoice == self.invoice]


@pytest.fixture
def desk(sqlite_store: Store, sqlite_settings: Settings) -> Iterator[Desk]:
    with running(as_of=NOW, is_frozen=True) as sandbox, closing(Desk(sqlite_store, sqlite_settings, sandbox)) as desk:
        sandbox.stand_in.keeps_requests = False
        yield desk


def run(desk: Desk, runs: int, number: int = 0) -> None:
    """So many runs; the number decides which."""
    World.desk = desk
    how = settings(
        max_examples=runs,
        stateful_step_count=10,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(World), settings=how)  # type: ignore[no-untyped-call]
    assert sum(1 for _ in Decisions(desk.store).read(TENANT)) > runs


def test_the_model_holds(desk: Desk) -> None:
    run(desk, 25)


@pytest.mark.chaos
def test_the_model_holds_in_ten_thousand_runs(desk: Desk) -> None:
    run(desk, RUNS, SEED)
    charges = len(desk.sandbox.ledger)
    print(f"\n{RUNS} runs of the model: {charges} charges in the bank's ledger, none twice")  # noqa: T201
