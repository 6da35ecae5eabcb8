"""The demo's children end with it, and what they have started ends with them."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from cli.processes import ChildFailedError, Children, answers, free_port

# Starts a child of its own, says both ids, and waits.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
{wait}
"""


def start(children: Children, folder: Path, wait: str) -> int:
    log = children.start("parent", [sys.executable, "-c", PARENT.format(wait=wait)], cwd=folder, env=os.environ)
    while not log.read_text().endswith("\n"):
        children.check()
    return int(log.read_text())


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def ends(pid: int, within: float = 10.0) -> bool:
    """A process that was sent SIGKILL is gone when the kernel gets to it, which may be a moment later."""
    until = time.monotonic() + within
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_alive(pid)


def test_leaving_the_block_ends_children_and_grandchildren(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        grandchild = start(children, tmp_path, "time.sleep(600)")
        assert is_alive(grandchild)
    assert ends(grandchild)


def test_they_end_too_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Children(tmp_path) as children:
        grandchild = start(children, tmp_path, "time.sleep(600)")
        _ = 1 / 0
    assert ends(grandchild)


def test_a_child_that_ends_by_itself_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        log = children.start("pages", [sys.executable, "-c", "raise SystemExit('no port')"], cwd=tmp_path, env={})
        with pytest.raises(ChildFailedError, match=r"pages ended with code 1[^$]*no port"):
            while True:
                children.check()
    assert log.name == "pages.log"


def test_a_port_in_use_is_replaced_by_a_free_one() -> None:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        assert answers(taken)
        assert free_port(taken) != taken
    assert not answers(free_port())
