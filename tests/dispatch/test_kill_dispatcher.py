"""Killed again and again, two dispatchers at a time leave one charge at most, and no request is ever sent twice."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from revops.service.dispatch import LEASE, SETTLED_AFTER
from revops.settings import Settings
from revops.store import Store
from revops.store.policies import Policies
from sandbox.stripe import running
from tests.dispatch.dispatchers import STEPS, Dispatchers, dispatchers
from tests.revops import owing
from tests.revops.owing import KEY, NOW, Desk, owe

SEED = 20261122
KILLS = int(os.environ.get("DISPATCHER_KILLS", "100"))
WAITING = 3
LONGEST_MILLISECONDS = 60


@dataclass
class Street:
    """Debts, each approved, and what is done about them."""

    desk: Desk
    killed: Dispatchers
    debts: int = 0

    def approve(self, count: int) -> None:
        """Some more debts whose retry somebody said yes to."""
        for _ in range(count):
            self.desk.approved(owe(self.desk.sandbox, self.debts))
            self.debts += 1

    def pass_time(self, seconds: float) -> None:
        """For everybody."""
        self.desk.clock.forward(seconds=seconds)
        self.desk.sandbox.clock.advance(int(seconds))

    def settle(self) -> None:
        """A healthy dispatcher, long enough."""
        for pause in (LEASE, SETTLED_AFTER) * 2:
            self.pass_time(pause.total_seconds() + 1)
            self.killed.wait(self.killed.start(self.desk.clock()))

    def check(self) -> Counter[str]:
        """What the bank's ledger and the requests say of every debt."""
        ends: Counter[str] = Counter()
        for action in self.desk.actions.read(owing.TENANT):
            invoice = str(action.draft.body["invoice"])
            sent = [one for one in self.desk.sandbox.requests if one.path.endswith(f"/{invoice}/pay")]
            charges = [one for one in self.desk.sandbox.ledger.entries if one.invoice == invoice]
            assert len(charges) <= 1, "nobody is charged twice"
            assert len(sent) <= 1, "no request is sent again"
            assert not action.is_unsettled, f"{action.status}: {action.reason}"
            assert (action.status == "done") == (len(charges) == 1), "what is done was charged, and the other way round"
            ends[f"{action.status} {(action.outcome or {}).get('how', '')}".strip()] += 1
        assert sum(ends.values()) == self.debts, "no approved action is lost"
        return ends


@pytest.fixture
def street(sqlite_store: Store, sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    # The wiring reads keys of the tenant `default` from the environment.
    monkeypatch.setattr(owing, "TENANT", "default")
    key = sqlite_settings.leaks_secret_key
    assert key is not None
    with running(as_of=NOW, is_frozen=True) as sandbox, closing(Desk(sqlite_store, sqlite_settings, sandbox)) as desk:
        policy = "approvals: {undo_seconds: 0}\ndispatch: {retry_invoice: on}\n"
        Policies(sqlite_store).save("default", policy, "v1", author="test", at=NOW)
        environment = {
            "LEAKS_HOME": str(sqlite_settings.leaks_home),
            "LEAKS_SECRET_KEY": key.get_secret_value(),
            "STRIPE_API_KEY": KEY,
            "STRIPE_ACTIONS_API_KEY": KEY,
            "STRIPE_API_BASE": sandbox.url,
        }
        with dispatchers(**environment) as killed:
            yield Street(desk, killed)


def kill(street: Street, kills: int, seed: int) -> Counter[str]:
    chance = random.Random(seed)
    for number in range(kills):
        street.approve(WAITING)
        later = chance.randrange(LONGEST_MILLISECONDS) if chance.random() < 0.5 else 0
        dooms = [(STEPS[number % len(STEPS)], 1, later), (chance.choice(STEPS), chance.randint(1, 3), 0)]
        both = [street.killed.start(street.desk.clock(), *doom) for doom in dooms]
        for one in both:
            street.killed.wait(one)
        street.pass_time(chance.choice((1, LEASE.total_seconds() + 1)))
    street.settle()
    return street.check()


def test_dispatchers_that_are_killed_leave_one_charge_at_most(street: Street) -> None:
    ends = kill(street, 4, SEED)
    assert ends["done paid"] > 0


@pytest.mark.chaos
def test_a_hundred_kills_leave_one_charge_at_most(street: Street) -> None:
    ends = kill(street, KILLS, SEED + 1)
    print(f"\n{KILLS} rounds of two dispatchers, each killed: {dict(ends)} of {street.debts} debts; charged twice 0")  # noqa: T201
