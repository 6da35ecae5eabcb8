"""From the commit of an event to its leak in the store: a worker on a home after a run, measured from inside.

A process of its own, because it counts what the process reads. Prints what it measured as JSON:
`python -m tests.bench.event_latency HOME COMPANY` with the folder of the export that the home was fed from.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

from dagster_project.batch import Batches
from dagster_project.worker import Worker
from revops import bootstrap
from revops.domain.received import ReceivedEvent
from revops.settings import load_settings
from revops.store import open_store
from revops.store.inbox import Inbox

SINGLE = 40
AT_ONCE = 1_000
SECONDS = 120.0


class _Scanned:
    """Rows that the models' queries scanned, as DuckDB counts them."""

    rows = 0

    @classmethod
    def watch(cls) -> None:
        execute = DuckDBCursorWrapper.execute

        def counted(cursor: Any, sql: str, bindings: Any = None) -> Any:
            cursor._cursor.execute("pragma enable_profiling = 'no_output'")
            answer = execute(cursor, sql, bindings)
            told = cursor._cursor.get_profiling_information(format="json")
            cls.rows += json.loads(told).get("cumulative_rows_scanned", 0)
            return answer

        DuckDBCursorWrapper.execute = counted


class _Steps:
    """Lets the measuring thread wait for a step of the worker."""

    def __init__(self) -> None:
        self._done = threading.Condition()
        self._opened = 0

    def hear(self, _tenant: str, name: str) -> None:
        if name == "opened":
            with self._done:
                self._opened += 1
                self._done.notify_all()

    @contextmanager
    def until_opened(self) -> Iterator[None]:
        with self._done:
            aim = self._opened + 1
            yield
            assert self._done.wait_for(lambda: self._opened >= aim, SECONDS), "no batch ended"


def _lines(company: Path, table: str, count: int) -> list[dict[str, Any]]:
    with (company / f"{table}.jsonl").open() as lines:
        return [json.loads(line) for line in islice(lines, count)]


def _received(number: int, created: int, type: str, object: dict[str, Any]) -> ReceivedEvent:
    id = f"evt_bench_{number}"
    event = {"id": id, "object": "event", "created": created, "livemode": object["livemode"], "type": type}
    event |= {"api_version": "2026-05-27.dahlia", "data": {"object": object}}
    now = datetime.now(UTC)
    mode = "live" if object["livemode"] else "test"
    key = ("default", mode, "stripe", id, type, object["id"], None)
    return ReceivedEvent(*key, now, now, json.dumps(event).encode())


def _story(company: Path, created: int) -> Iterator[ReceivedEvent]:
    """What comes most: invoices, charges and subscriptions that change, of ever other customers."""
    tables = {name: _lines(company, name, AT_ONCE) for name in ("invoice", "charge", "subscription")}
    types = ("invoice.updated", "charge.updated", "invoice.payment_failed", "customer.subscription.updated")
    number = 0
    while True:
        type = types[number % len(types)]
        table = type.removeprefix("customer.").partition(".")[0]
        object = tables[table][number % len(tables[table])]
        yield _received(number, created + number, type, {**object, "metadata": {"bench": str(number)}})
        number += 1


def _main(home: str, company: str) -> None:
    settings = load_settings(leaks_home=Path(home))
    _Scanned.watch()
    steps = _Steps()
    stop = threading.Event()
    with open_store(settings) as store:
        inbox = Inbox(store)
        worker = Worker(settings, bootstrap.worker(store, settings), Batches(), steps.hear)
        working = threading.Thread(target=worker.run, args=(stop,))
        working.start()
        newest = _newest_event(Path(company))
        story = _story(Path(company), newest + 1)

        def batch(events: int) -> float:
            waiting = list(islice(story, events))
            with steps.until_opened():
                inbox.append(waiting)
                committed = time.monotonic()
            return time.monotonic() - committed

        first = batch(1)
        before = _Scanned.rows, _read_bytes()
        took = sorted(batch(1) for _ in range(SINGLE))
        rows, read = _Scanned.rows - before[0], _read_bytes() - before[1]
        many = batch(AT_ONCE)
        stop.set()
        working.join()
    measured = {
        "first": first,
        "p50": took[SINGLE // 2],
        "p95": took[int(SINGLE * 0.95)],
        "many": many,
        "rows_scanned": rows // SINGLE,
        "megabytes_read": read / SINGLE / 1e6,
    }
    sys.stdout.write(json.dumps(measured) + "\n")


def _newest_event(company: Path) -> int:
    with (company / "event.jsonl").open() as lines:
        return max(int(json.loads(line)["created"]) for line in lines)


def _read_bytes() -> int:
    """What this process has read from files, from memory or disk."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"])


if __name__ == "__main__":
    _main(*sys.argv[1:])
