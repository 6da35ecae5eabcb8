"""A block of customers, lived up to a time and written as parts of files."""

from __future__ import annotations

import gc
from array import array
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import orjson

from .life import Life
from .merging import Run
from .world import Plan, World

# Object types that customers have, in the order of their files.
OBJECTS = (
    "customer", "subscription", "subscription_schedule", "invoice", "invoice_payment", "invoiceitem", "charge",
    "payment_intent", "payment_method", "refund", "dispute", "credit_note", "balance_transaction",
    "meter_event_summary",
)  # fmt: skip
NAMES = (*OBJECTS, "login", "usage", "labels")


@dataclass(frozen=True, slots=True)
class Task:
    """The customers from `first` up to and without `stop`, as they are at `as_of`; parts go to a folder."""

    plan: Plan
    as_of: int
    first: int
    stop: int
    parts: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a task made; `unlinked` customers are those to whom the product's logs do not lead."""

    first: int
    run: Run
    counts: Counter[str]
    redeemed: Counter[str]
    unlinked: int


_worlds: dict[Plan, World] = {}


def part(parts: str, first: int, name: str) -> Path:
    """The file of one object type of one task."""
    return Path(parts) / f"{first:09d}-{name}"


def run_chunk(task: Task) -> Chunk:
    """Let the customers live and write what they leave."""
    world = _worlds.setdefault(task.plan, World(task.plan))
    rows: dict[str, list[bytes]] = {name: [] for name in NAMES}
    events: list[tuple[int, bytes]] = []
    redeemed: Counter[str] = Counter()
    unlinked = 0
    # Lives are held by their own processes, in circles; looking for those in between only takes time.
    gc.disable()
    try:
        for number in range(task.first, task.stop):
            life = world.life(number)
            life.run(task.as_of)
            collect(life, task.as_of, rows)
            events += [(min(at, task.as_of), line) for at, line in life.events]
            redeemed.update(life.redeemed)
            unlinked += sum(not world.identity.finds(customer) for customer in life.customers)
            life.close()
    finally:
        gc.enable()
    events.sort(key=itemgetter(0))
    for name, lines in rows.items():
        part(task.parts, task.first, name).write_bytes(b"".join(lines))
    path = part(task.parts, task.first, "event")
    path.write_bytes(b"".join(line for _, line in events))
    run = Run(str(path), array("q", [at for at, _ in events]), array("I", [len(line) for _, line in events]))
    return Chunk(task.first, run, Counter({name: len(lines) for name, lines in rows.items()}), redeemed, unlinked)


def collect(life: Life, as_of: int, rows: dict[str, list[bytes]]) -> None:
    """Add a life's objects, logs and labels at `as_of` to the lines of each file."""
    records = life.records
    ripen(life, as_of)
    for name in OBJECTS:
        table = records.get(name)
        if table:
            whole = life.whole
            rows[name] += [whole(payload) + b"\n" for payload in table.values()]
    rows["login"] += [line for at, line in life.logins if at <= as_of]
    rows["usage"] += [line for at, line in life.usage if at <= as_of]
    for label in life.labels:
        row = label.row(as_of)
        if row is not None:
            rows["labels"].append(orjson.dumps(row) + b"\n")


def ripen(life: Life, as_of: int) -> None:
    """Money in the balance becomes available two days later, without an event."""
    for line in life.records.get("balance_transaction", {}).values():
        if line["status"] == "pending" and line["available_on"] <= as_of:
            life.change(None, line, status="available")
    for dispute in life.records.get("dispute", {}).values():
        lines = [dict(life.records["balance_transaction"][line["id"]]) for line in dispute["balance_transactions"]]
        life.change(None, dispute, balance_transactions=lines)
