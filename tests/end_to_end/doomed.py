"""Starts workers that end by SIGKILL where a test wants it, forked from a process that has everything imported.

Run as a program. A line on stdin forks a worker, with the step that ends it, in which batch and how many
milliseconds after the step; `-` for one that lives until SIGTERM. It says each step, `failed` for a batch that did,
and `gone` with how it ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dagster_project.batch import Batches
from dagster_project.worker import Worker
from revops import bootstrap
from revops.logging import configure_logging
from revops.settings import load_settings
from revops.store import open_store
from revops.store.inbox import InboxEvent

# In their order; a batch that no leak reads has no `built` and no `published`.
STEPS = ("claimed", "landed", "built", "published", "opened", "marked")


@dataclass(frozen=True)
class Doom:
    """The step after which a worker ends: in which batch, and how much later."""

    step: str
    batch: int
    milliseconds: int


class Workers:
    """The process that forks them, from the test's side."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, doom: Doom | None) -> int:
        """Begin a worker; its process id."""
        line = "-" if doom is None else f"{doom.step} {doom.batch} {doom.milliseconds}"
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._read().removeprefix("started "))

    def heard(self) -> Iterator[str]:
        """The steps of the last worker as they come, until it has ended."""
        while not (said := self._read()).startswith("gone"):
            yield said

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the process has ended; its stderr says why"
        return line


@contextmanager
def workers(**environment: str) -> Iterator[Workers]:
    """Workers with the settings of an environment; they end with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Workers(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


class _Fate:
    """Hears the steps of a worker and ends it."""

    def __init__(self, doom: Doom | None) -> None:
        self._doom = doom
        self._batch = 0

    def step(self, _tenant: str, name: str) -> None:
        _say(name)
        self._batch += name == "claimed"
        doom = self._doom
        if doom is None or self._batch < doom.batch or STEPS.index(name) < STEPS.index(doom.step):
            return
        if not doom.milliseconds:
            os.kill(os.getpid(), signal.SIGKILL)
        later = threading.Timer(doom.milliseconds / 1000, os.kill, (os.getpid(), signal.SIGKILL))
        later.daemon = True
        later.start()
        self._doom = None


class _Speaking(Worker):
    """Says also that a batch failed."""

    def _note(self, tenant_id: str, claimed: list[InboxEvent], error: Exception) -> None:
        _say("failed")
        super()._note(tenant_id, claimed, error)


def _work(doom: Doom | None) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = load_settings()
    with open_store(settings) as store:
        _Speaking(settings, bootstrap.worker(store, settings), Batches(), _Fate(doom).step).run(stop)


def _main() -> None:
    configure_logging()
    for line in sys.stdin:
        words = line.split()
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            _work(None if words == ["-"] else Doom(words[0], int(words[1]), int(words[2])))
            os._exit(0)
        _say(f"started {child}")
        # Others may wait for its end from here on; whoever forked it must.
        threading.Thread(target=_reap, args=(child,), daemon=True).start()


def _reap(child: int) -> None:
    _, status = os.waitpid(child, 0)
    _say(f"gone {status}")


def _say(what: str) -> None:
    # One write of its own: a kill leaves whole lines only.
    os.write(1, f"{what}\n".encode())


if __name__ == "__main__":
    _main()
