"""`leaks` as a person starts it, without the seconds that importing takes: forked from a process that has everything.

A command is a process of its own, with its own folder, environment and output; only its imports were done before. What
must be started from nothing (how long a start takes, what a first import does) is started as the real program.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

PROGRAM = Path(sys.executable).parent / "leaks"
_LONGEST_REQUEST = 1 << 17
_IMPORTED_BY_VERBS = (
    "cli.app",
    "dagster_project.dbt_main",
    "dagster_project.definitions",
    "dagster_project.worker",
    "revops.bootstrap_outgoing",
    "revops.bootstrap_slack",
    "revops.http.app",
)


def run(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], *, timeout: float = 600
) -> subprocess.CompletedProcess[str]:
    """Run `leaks` with exactly this environment to its end. Raises subprocess.TimeoutExpired."""
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, ours:
        with theirs:
            request = {"arguments": [*arguments], "cwd": str(cwd), "environment": dict(environment)}
            descriptors = [theirs.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(_nursery(), [json.dumps(request).encode()], descriptors)
        process_id = int(_line(ours))
        ours.settimeout(timeout)
        try:
            code = int(_line(ours))
        except TimeoutError:
            os.kill(process_id, signal.SIGKILL)
            raise subprocess.TimeoutExpired([str(PROGRAM), *arguments], timeout, _text(out), _text(err)) from None
        return subprocess.CompletedProcess([str(PROGRAM), *arguments], code, _text(out), _text(err))


@cache
def _nursery() -> socket.socket:
    """The process that commands are forked from; it ends when this one does, because nobody holds its socket then."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=Path(__file__).parents[1],
            pass_fds=[theirs.fileno()],
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def _line(connection: socket.socket) -> str:
    text = b""
    while not text.endswith(b"\n"):
        part = connection.recv(1)
        assert part, "the process that commands are forked from has ended; its stderr says why"
        text += part
    return text.decode()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _import_all() -> None:
    """What the verbs import when they run."""
    for name in _IMPORTED_BY_VERBS:
        import_module(name)
    from ingestion.quality.expectations import Judge

    with Judge():
        pass
    # A collection in a command would otherwise copy what it only looks at.
    gc.freeze()


def _next_command(requests: socket.socket) -> dict[str, Any] | None:
    """Fork a command per request: returns in the command itself with what it is to do, else None when all is done."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, 3)
        if not request:
            return None
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            reply, out, err = descriptors
            _become_child_of_a_witness(reply)
            os.dup2(out, 1)
            os.dup2(err, 2)
            for descriptor in descriptors:
                os.close(descriptor)
            found: dict[str, Any] = json.loads(request)
            return found
        for descriptor in descriptors:
            os.close(descriptor)


def _become_child_of_a_witness(reply: int) -> None:
    """Fork: the parent tells the test how the child ended, and only the child returns."""
    process_id = os.fork()
    if process_id:
        os.write(reply, f"{process_id}\n".encode())
        _, status = os.waitpid(process_id, 0)
        os.write(reply, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)


class _Ending:
    """Ends the process after everything else that was to be done at its end.

    Taking down hundreds of imported modules would touch, and so copy, all memory shared with the nursery: seconds.
    """

    def __init__(self) -> None:
        self.code = 1
        atexit.register(self._end)

    def _end(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(self.code)


def _main(descriptor: int) -> None:
    ending = _Ending()
    _import_all()
    with socket.socket(fileno=descriptor) as requests:
        command = _next_command(requests)
    if command is None:
        return
    os.chdir(command["cwd"])
    os.environ.clear()
    os.environ.update(command["environment"])
    sys.argv = [str(PROGRAM), *command["arguments"]]
    from cli.app import main

    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            raise
        ending.code = end.code or 0
    else:
        ending.code = 0


if __name__ == "__main__":
    _main(int(sys.argv[1]))
