"""What benches share: a measured child process, and figures printed beside their goals."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import psutil


@dataclass(frozen=True)
class Measured:
    """Seconds, and the highest memory of the process and its children together (proportional set size).

    `steps` are the seconds of each step that the command announced as `name ...` on stderr.
    """

    seconds: float
    peak_megabytes: float
    output: str
    steps: dict[str, float] = field(default_factory=dict)


def run_python(code: str, **environment: str) -> Measured:
    """Runs code in a fresh interpreter, so that its memory is its own."""
    return run([sys.executable, "-c", code], **environment)


def run_leaks(*arguments: str, **environment: str) -> Measured:
    """Runs the `leaks` command."""
    return run([sys.executable, "-c", "from cli.app import main; main()", *arguments], **environment)


def run(command: list[str], **environment: str) -> Measured:
    """Runs a command to its end; fails where it fails."""
    started = time.monotonic()
    peak = [0.0]
    said: list[tuple[float, str]] = []
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
        reader = threading.Thread(target=_listen, args=(process, said), daemon=True)
        watcher.start()
        reader.start()
        assert process.stdout is not None
        output = process.stdout.read()
        process.wait()
        ended = time.monotonic()
        reader.join()
        watcher.join()
    assert process.returncode == 0, "\n".join(line for _, line in said)[-3000:]
    return Measured(ended - started, peak[0], output, _steps(said, ended))


def _listen(process: subprocess.Popen[str], said: list[tuple[float, str]]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        said.append((time.monotonic(), line.rstrip()))


def _steps(said: list[tuple[float, str]], ended: float) -> dict[str, float]:
    begun = [(at, line.removesuffix(" ...")) for at, line in said if line.endswith(" ...")]
    ends = [*(at for at, _ in begun[1:]), ended]
    return {name: end - at for (at, name), end in zip(begun, ends, strict=False)}


def _watch(pid: int, peak: list[float]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            total = 0.0
            for one in [process, *process.children(recursive=True)]:
                try:
                    total += one.memory_full_info().pss / 1e6
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], total)
            time.sleep(0.1)
    except psutil.Error:
        return


def show(what: str, figure: str, goal: str) -> None:
    """One line per figure."""
    print(f"{what:<58} {figure:>24}   goal: {goal}", flush=True)
