"""Starts dispatchers that end by SIGKILL where a test wants it, forked from a process that has everything imported.

Run as a program. A line on stdin is `<moment> <step> <nth> <milliseconds>`: the time it is for the dispatcher, and the
step that ends it, the n-th time it comes and how much later; `-` as step for one that ends when nothing is due. Each
says `started <pid>` and, once it has ended, `gone <pid>`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from revops.bootstrap_actions import dispatching
from revops.logging import configure_logging
from revops.settings import load_settings
from revops.store import open_store

STEPS = ("claimed", "checked", "begun", "answered")
TENANT = "default"


class Dispatchers:
    """The process that forks them, from the test's side."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._gone: set[int] = set()

    def start(self, now: datetime, step: str = "-", nth: int = 1, milliseconds: int = 0) -> int:
        """Begin one; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{now.isoformat()} {step} {nth} {milliseconds}\n")
        self._process.stdin.flush()
        return int(self._until("started"))

    def wait(self, process_id: int) -> None:
        """Until it has ended."""
        while process_id not in self._gone:
            self._gone.add(int(self._until("gone")))

    def _until(self, word: str) -> str:
        assert self._process.stdout is not None
        while True:
            line = self._process.stdout.readline().strip()
            assert line, "the process has ended; its stderr says why"
            said, _, number = line.partition(" ")
            if said == word:
                return number
            self._gone.add(int(number))


@contextmanager
def dispatchers(**environment: str) -> Iterator[Dispatchers]:
    """Dispatchers with the settings of an environment; they end with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Dispatchers(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _work(now: datetime, step: str, nth: int, milliseconds: int) -> None:
    heard = 0

    def hear(name: str) -> None:
        nonlocal heard
        heard += name == step
        if name != step or heard != nth:
            return
        if not milliseconds:
            os.kill(os.getpid(), signal.SIGKILL)
        later = threading.Timer(milliseconds / 1000, os.kill, (os.getpid(), signal.SIGKILL))
        later.daemon = True
        later.start()

    settings = load_settings()
    with open_store(settings) as store:
        dispatching(store, settings, clock=lambda: now, step=hear).run(TENANT)


def main() -> None:
    """Fork a dispatcher per line."""
    configure_logging(is_debug=False, is_service=True)
    lock = threading.Lock()

    def say(what: str) -> None:
        with lock:
            print(what, flush=True)  # noqa: T201

    def mourn(child: int) -> None:
        os.waitpid(child, 0)
        say(f"gone {child}")

    for line in sys.stdin:
        moment, step, nth, milliseconds = line.split()
        child = os.fork()
        if child == 0:
            os.close(1)
            _work(datetime.fromisoformat(moment), step, int(nth), int(milliseconds))
            os._exit(0)
        say(f"started {child}")
        threading.Thread(target=mourn, args=(child,), daemon=True).start()


if __name__ == "__main__":
    main()
