"""Processes that the demo starts and ends: each by its own id, none left behind."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_GRACE_SECONDS = 10.0


class ChildFailedError(Exception):
    """A process of the demo ended by itself."""


class Children:
    """Started processes; leaving the block ends them, last started first.

    Each leads a process group of its own, so that Ctrl-C reaches us alone and what a child has started
    ends with it.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._running:
            _, process = self._running.pop()
            _end(process)

    def start(self, name: str, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Path:
        """Start a process and return the file that its output goes to."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append((name, process))
        return log

    def check(self) -> None:
        """Raise ChildFailedError, with its last words, if one has ended."""
        for name, process in self._running:
            if process.poll() is not None:
                words = (self._logs / f"{name}.log").read_text(errors="replace").strip().splitlines()[-5:]
                raise ChildFailedError(
                    f"{name} ended with code {process.returncode}. Its last lines:\n" + "\n".join(words)
                )


def free_port(wanted: int = 0) -> int:
    """`wanted` if nobody listens there on loopback, otherwise any free port."""
    for port in (wanted, 0):
        with socket.socket() as listener, suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            return int(listener.getsockname()[1])
    raise ChildFailedError("No port is free on 127.0.0.1.")


def answers(port: int) -> bool:
    """Whether something accepts connections on that port of loopback."""
    with socket.socket() as client:
        client.settimeout(0.5)
        return client.connect_ex(("127.0.0.1", port)) == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
            break
    # A child of the child that did not listen: its group outlives the leader.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
