"""Starts receivers that can be killed: forked from a process that has everything imported, so that one costs little.

Run as a program. `start` on stdin forks a receiver, which says `ready`; `reap` waits for the end of the last one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from revops.http.server import serve
from revops.logging import configure_logging
from revops.settings import load_settings


class Nursery:
    """The process, from the test's side."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self) -> int:
        """Fork a receiver and return its process id once it has begun."""
        return int(self._ask("start").removeprefix("started "))

    def wait_until_ready(self) -> None:
        """Wait until the last receiver answers requests."""
        assert self._read() == "ready"

    def reap(self) -> None:
        """Wait until the last receiver is gone. What it still said is not heard."""
        answer = self._ask("reap")
        while answer != "gone":
            answer = self._read()

    def _ask(self, what: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the nursery has ended; its stderr says why"
        return line


@contextmanager
def nursery(port: int, **environment: str) -> Iterator[Nursery]:
    """A nursery whose receivers listen on a port, with the settings of an environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(port)],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Nursery(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _main(port: int) -> None:
    configure_logging()
    receiver = 0
    for line in sys.stdin:
        if line.strip() == "reap":
            os.waitpid(receiver, 0)
            _say("gone")
            continue
        receiver = os.fork()
        if receiver == 0:
            serve(load_settings(), "127.0.0.1", port, on_ready=lambda _: _say("ready"))
            os._exit(0)
        _say(f"started {receiver}")


def _say(what: str) -> None:
    # One write of its own: a kill leaves whole lines only.
    os.write(1, f"{what}\n".encode())


if __name__ == "__main__":
    _main(int(sys.argv[1]))
