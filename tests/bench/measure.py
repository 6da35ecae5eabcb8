"""What benches share: a measured child process, and figures printed beside their goals."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Measured:
    """Seconds, and the highest memory of the process and its children together (proportional set size)."""

    seconds: float
    peak_megabytes: float
    output: str


def run_python(code: str, **environment: str) -> Measured:
    """Runs code in a fresh interpreter, so that its memory is its own."""
    return run([sys.executable, "-c", code], **environment)


def run(command: list[str], **environment: str) -> Measured:
    """Runs a command to its end; fails where it fails."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    output, complaint = process.communicate()
    seconds = time.monotonic() - started
    assert process.returncode == 0, complaint[-3000:]
    watcher.join()
    return Measured(seconds, peak[0], output)


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
