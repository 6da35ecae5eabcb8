"""A small company from the simulator, picked so that tests can name whom they need by what happened to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import orjson

from sandbox.simulator import Plan, World
from sandbox.simulator.chunks import NAMES, collect
from sandbox.simulator.company_files import tables
from sandbox.simulator.life import Life

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
_PLAN = Plan(seed=11, customers=20_000, anchor=int(NOW.timestamp()))
_ORDINARY = 12


def _owes_once(currency: str) -> Callable[[Life], bool]:
    """One open invoice, the newest, of a subscription that is past due."""

    def fits(life: Life) -> bool:
        statuses = [one["status"] for one in life.records["invoice"].values()]
        [subscription] = life.records["subscription"].values()
        is_late = subscription["status"] == "past_due" and statuses.count("open") == 1 and statuses[-1] == "open"
        return life.currency == currency and is_late

    return fits


def _deleted_lately(life: Life) -> bool:
    """Within the 30 days for which Stripe keeps events: who was deleted earlier is in no answer of the API."""
    stub = life.records["customer"][life.customer_id]
    return stub.get("deleted") is True and max(at for at, _ in life.events) > _PLAN.anchor - 29 * 86_400


def _anyone(_life: Life) -> bool:
    return True


# By name: the stories that will do, and what must hold of the one that is picked.
_WANTED: dict[str, tuple[tuple[str, ...], Callable[[Life], bool]]] = {
    "declined": (("exhausted", "part_credited"), _owes_once("usd")),
    "declined too": (("exhausted", "retrying"), _owes_once("usd")),
    "declined in euro": (("exhausted", "retrying", "phantom"), _owes_once("eur")),
    "declined in yen": (("exhausted", "retrying", "phantom", "authentication"), _owes_once("jpy")),
    "pays": (("price_lock",), _anyone),
    "metered": (("short_and_credited",), _anyone),
    "stale card": (("stale_card",), _anyone),
    "overdue": (("overdue",), _anyone),
    "written off": (("written_off",), _anyone),
    "part credited": (("part_credited",), _anyone),
    "never started": (("never_started",), _anyone),
    "draft": (("draft_forgotten",), _anyone),
    "rescued": (("rescued",), _anyone),
    "refunded": (("refunded",), _anyone),
    "disputed": (("disputed",), _anyone),
    "stacked": (("stacked",), _anyone),
    "deleted": (("deleted",), _deleted_lately),
    "test mode": (("test_mode",), _anyone),
    "test clock": (("test_clock",), _anyone),
    "on trial": (("trial_running",), _anyone),
    "paused": (("pause_until",), _anyone),
    "work to bill": (("pending_fresh",), _anyone),
    "schedule": (("price_change_agreed",), _anyone),
}


@cache
def _cast() -> tuple[World, dict[str, Life]]:
    world = World(_PLAN)
    picked: dict[str, Life] = {}
    ordinary = 0
    for number in range(_PLAN.customers):
        role = world.role(number).story
        if len(picked) == len(_WANTED) + _ORDINARY:
            break
        names = [name for name, (stories, _) in _WANTED.items() if name not in picked and role in stories]
        if not names and (role != "ordinary" or ordinary == _ORDINARY):
            continue
        life = world.life(number)
        life.run(_PLAN.anchor)
        if role == "ordinary":
            ordinary += 1
            picked[f"ordinary {ordinary}"] = life
            continue
        for name in names:
            if _WANTED[name][1](life):
                picked[name] = life
                break
    missing = _WANTED.keys() - picked.keys()
    assert not missing, f"nobody of this company is {', '.join(sorted(missing))}"
    return world, picked


def customer_of(name: str) -> str:
    """The id of the customer whom a test names."""
    return _cast()[1][name].customer_id


def write_cast(folder: Path) -> None:
    """Write them all as a folder of JSON-lines, as they are at NOW."""
    world, picked = _cast()
    rows: dict[str, list[bytes]] = {name: [] for name in NAMES}
    redeemed: Counter[str] = Counter()
    for life in picked.values():
        collect(life, _PLAN.anchor, rows)
        redeemed.update(life.redeemed)
    events = sorted((pair for life in picked.values() for pair in life.events), key=lambda pair: pair[0])
    rows["event"] = [line for _, line in events]
    for name, payloads in tables(world, redeemed).items():
        rows[name] = [orjson.dumps(one) + b"\n" for one in payloads]
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in rows.items():
        (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
