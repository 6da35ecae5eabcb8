"""`leaks serve` is the service as people start it: it says where it listens, logs JSON, and ends when told to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from revops.settings import load_settings
from revops.store import open_store
from revops.store.inbox import Inbox
from tests.cli.conftest import Leaks
from tests.revops.http.deliveries import PATH, SECRET, body_of, event, sign

_OURS = ("LEAKS_", "STRIPE_", "PROFILE", "DAGSTER_HOME", "DATABASE_URL", "SENTRY_DSN")


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a folder of its own, and the address that it says."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "leaks"), "serve", "--port", "0", *options],
        cwd=folder,
        env={**clean, "LEAKS_HOME": str(folder / "home"), "STRIPE_WEBHOOK_SECRET": SECRET},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Listening on http://127.0.0.1:"), line
            yield process, line.split()[-1]
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)


def deliver(url: str, number: int) -> httpx.Response:
    body = body_of(event(number))
    return httpx.post(
        f"{url}{PATH}", content=body, headers={"Stripe-Signature": sign(body)}, trust_env=False, timeout=30
    )


def stored(folder: Path) -> list[str]:
    with open_store(load_settings(_env_file=None, leaks_home=folder / "home")) as store:
        return [one.event.event_id for one in Inbox(store).claim("default", 100)]


@pytest.mark.parametrize("workers", [1, 2])
def test_it_makes_its_store_takes_events_and_ends_when_told(tmp_path: Path, workers: int) -> None:
    with started(tmp_path, "--workers", str(workers)) as (process, url):
        assert [deliver(url, number).json() for number in range(8)] == [{"result": "stored"}] * 8
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert stored(tmp_path) == [f"evt_{number}" for number in range(8)]
    lines = [json.loads(line) for line in errors.splitlines()]
    events = [line["event"] for line in lines]
    assert events.count("receiving") == events.count("stopped") == workers
    assert all({"level", "timestamp"} <= set(line) for line in lines)
    assert SECRET not in errors


def test_a_port_that_is_taken_is_a_failure_that_says_what_to_do(leaks: Leaks, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        ended = leaks("serve", "--port", str(port), LEAKS_HOME=str(tmp_path / "home"))
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        f"leaks: cannot listen on 127.0.0.1:{port}: Address already in use. Choose another --port or --host."
    )


def test_a_host_that_is_not_ours_is_a_failure(leaks: Leaks, tmp_path: Path) -> None:
    ended = leaks("serve", "--host", "192.0.2.1", "--port", "0", LEAKS_HOME=str(tmp_path / "home"))
    assert ended.returncode == 1
    assert "cannot listen on 192.0.2.1:0" in ended.stderr


def test_a_database_that_is_not_there_is_said_before_anything_is_served(leaks: Leaks, tmp_path: Path) -> None:
    ended = leaks(
        "serve", "--port", "0", LEAKS_HOME=str(tmp_path / "home"), DATABASE_URL="postgresql://leaks@127.0.0.1:1/leaks"
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr
