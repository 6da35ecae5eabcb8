"""Killed again and again at its steps and between them, the worker ends where an undisturbed build does."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from revops.store import Store
from tests.end_to_end.doomed import STEPS, Doom, Workers, workers
from tests.end_to_end.small_company import SmallCompany, as_undisturbed, each_event_once, each_leak_once, is_waiting

SEED = 20261121
KILLS = int(os.environ.get("WORKER_KILLS", "100"))
# Half of the kills come a little after a step: in the middle of the next.
LONGEST_MILLISECONDS = 1_500


def _fates(chance: random.Random) -> Iterator[Doom]:
    """Every named step in turn; at once or a little later, in the first batch or, mostly, in a later one."""
    while True:
        for step in STEPS:
            later = chance.randrange(LONGEST_MILLISECONDS) if chance.random() < 0.5 else 0
            yield Doom(step, 1 if chance.random() < 0.25 else 2, later)


def _kill(company: SmallCompany, store: Store, doomed: Workers, doom: Doom, chance: random.Random) -> list[str]:
    """One worker until its end; the steps that it said."""
    company.deliver(store, chance.randint(1, 3))
    doomed.start(doom)
    said: list[str] = []
    for step in doomed.heard():
        said.append(step)
        # A later batch begins once there is something for it.
        if step == "marked" and not is_waiting(store):
            company.deliver(store, chance.randint(1, 3))
    return said


def kill_again_and_again(company: SmallCompany, kills: int) -> None:
    chance = random.Random(SEED)
    fates = _fates(chance)
    after: Counter[str] = Counter()
    assert len(company.versions) > 6 * kills, "each kill has something to interrupt"
    with company.store() as store, workers(**company.environment) as doomed:
        for _ in range(kills):
            said = _kill(company, store, doomed, next(fates), chance)
            after[said[-1]] += 1
        company.deliver(store, len(company.versions))
        healthy = doomed.start(None)
        for step in doomed.heard():
            if step == "marked" and not is_waiting(store):
                os.kill(healthy, signal.SIGTERM)
        each_event_once(company, store)
        each_leak_once(company, store)
    as_undisturbed(company)
    print(f"\n{kills} kills, the last step heard before: {dict(after)}; {len(company.delivered)} events")  # noqa: T201


@pytest.mark.chaos
def test_a_hundred_kills_at_its_steps_change_nothing(tmp_path: Path) -> None:
    company = SmallCompany(tmp_path, SEED, customers=KILLS)
    company.first_run()
    kill_again_and_again(company, KILLS)
