"""How many webhooks a second are stored durably, and how long the sender waits; the disk's own pace beside it."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from revops.settings import Settings
from revops.store import open_store
from revops.store.inbox import Inbox
from tests.bench.measure import show
from tests.revops.http.deliveries import SECRET

pytestmark = pytest.mark.bench

SECONDS = float(os.environ.get("BENCH_RECEIVER_SECONDS", "10"))
_SERVE = ["-c", "from cli.app import main; main()", "serve", "--port", "0"]
_GOALS = {"sqlite": "4,000/s", "postgres": "3,000/s"}


@contextmanager
def serving(settings: Settings, *command: str) -> Iterator[tuple[str, str]]:
    """The service as a process; host and port."""
    environment = {"LEAKS_HOME": str(settings.leaks_home), "STRIPE_WEBHOOK_SECRET": SECRET}
    if settings.database_url is not None:
        environment["DATABASE_URL"] = settings.database_url.get_secret_value()
    with subprocess.Popen(
        [sys.executable, *(command or _SERVE)], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            host, _, port = process.stdout.readline().strip().removeprefix("Listening on http://").rpartition(":")
            yield host, port
        finally:
            process.send_signal(signal.SIGTERM)


def load(address: tuple[str, str], connections: int, rate: int, first: int) -> dict[str, Any]:
    """What the load generator measured; nothing may have failed."""
    arguments = [*address, SECRET, str(connections), str(SECONDS), str(rate), str(first)]
    command = [sys.executable, "-m", "tests.bench.webhook_load", *arguments]
    measured: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert measured["failures"] == 0
    return measured


def waits(measured: dict[str, Any]) -> str:
    return f"p50 {measured['p50_ms']:.1f}, p99 {measured['p99_ms']:.1f} ms"


def disk(folder: Path) -> str:
    """How long this disk takes to make 4 KB durable."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "fdatasync", os.O_RDWR | os.O_CREAT, 0o600)
    took = []
    try:
        for number in range(300):
            os.pwrite(handle, b"x" * 4096, number * 4096)
            started = time.perf_counter()
            os.fdatasync(handle)
            took.append((time.perf_counter() - started) * 1000)
    finally:
        os.close(handle)
    return f"p50 {statistics.median(took):.2f}, p99 {sorted(took)[int(len(took) * 0.99)]:.2f} ms"


def processor() -> str:
    """How long a turn of an empty loop takes: other work on this machine shows here."""
    started = time.process_time()
    for _ in range(2_000_000):
        pass
    return f"{(time.process_time() - started) / 2e6 * 1e9:.0f} ns"


def test_events_stored_durably(store_settings: Settings) -> None:
    settings = store_settings
    engine = "postgres" if settings.database_url is not None else "sqlite"
    print(f"\nreceiver on {engine}, {os.cpu_count()} cores shared with its load")
    show("fdatasync of this disk, 4 KB", disk(settings.leaks_home), "-")
    show("a turn of an empty Python loop", processor(), "-")
    stored = 0
    with serving(settings) as address:
        for connections, goal in ((8, _GOALS[engine]), (1, "-"), (64, "-")):
            fast = load(address, connections, 0, stored)
            stored += fast["events"]
            show(f"as fast as taken, {connections} connections", f"{fast['per_second']:,.0f}/s, {waits(fast)}", goal)
        steady = load(address, 64, 1_000, stored)
        stored += steady["events"]
        show("at 1,000/s", waits(steady), "p99 under 50 ms")
    with open_store(settings) as store:
        assert Inbox(store).lag(datetime.now(UTC)).events == stored


def test_events_stored_where_a_commit_takes_4_ms_more(sqlite_settings: Settings) -> None:
    with serving(sqlite_settings, "-m", "tests.bench.slow_commit") as address:
        fast = load(address, 8, 0, 0)
        show("commits 4 ms slower, 8 connections", f"{fast['per_second']:,.0f}/s, {waits(fast)}", "1,000/s")
        steady = load(address, 64, 1_000, fast["events"])
        show("commits 4 ms slower, at 1,000/s", waits(steady), "-")
