"""A Linear stand-in whose whole traffic is checked against Linear's own schema, and the connector for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import stamina
from pydantic import SecretStr

from revops.connectors.linear import LinearTasks
from revops.domain.task import NewTask
from sandbox.linear import Running, running
from tests.contracts.linear import SCHEMA, check_exchanges
from tests.contracts.openapi import contracts_dir

LINK = "https://leaks.example/leak/lk_1"
Connect = Callable[..., LinearTasks]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Reads are tried again as often as ever, without the pauses."""
    with stamina.set_testing(True, attempts=9, cap=True):
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running() as one:
        yield one


@pytest.fixture
def linear(server: Running) -> Iterator[Running]:
    server.begin_anew()
    yield server
    if not (contracts_dir() / SCHEMA).exists():
        if os.environ.get("CI"):
            pytest.fail(f"{SCHEMA} is missing, and CI is set")
        return
    check_exchanges(server.exchanges)


@pytest.fixture
def connect(linear: Running) -> Iterator[Connect]:
    """Connects, in any number, and lets go."""
    with ExitStack() as stack:

        def make(key: str | None = None, url: str | None = None, **how: Any) -> LinearTasks:
            tasks = LinearTasks(
                SecretStr(key or linear.workspace.api_key), url or linear.api_url, per_second=500, **how
            )
            stack.callback(tasks.close_connections)
            return tasks

        yield make


@pytest.fixture
def tasks(connect: Connect) -> LinearTasks:
    return connect()


def new_task(key: str = "default/act_1", **how: Any) -> NewTask:
    """A task for the team Revenue."""
    given: dict[str, Any] = {
        "key": key,
        "title": "Northwind owes USD 1,240.00",
        "description": "The card was declined **three** times.",
        "team": "REV",
        "priority": 2,
        "link": LINK,
        **how,
    }
    return NewTask(**given)
