"""Fixtures around Stripe's contract: the specification, a checked sandbox, accounts to load."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sandbox.stripe import Running, running
from tests.contracts.cast import NOW, write_cast
from tests.contracts.openapi import ContractError, OpenApi, specification_path, stripe

COMPANY_NOW = NOW
_WORLDS = Path(__file__).resolve().parents[3] / "shared" / "worlds"

OpenSandbox = Callable[..., Running]


def absent(what: str) -> None:
    """Skip because something outside the project is missing; where CI is set, fail instead."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set")
    pytest.skip(f"{what} is missing")


def check_traffic(sandbox: Running, specification: OpenApi) -> None:
    """Raise ContractError for the first exchange that Stripe's specification does not allow.

    A request that was answered with an error was meant to be wrong; the answer is checked all the same.
    """
    for exchange in sandbox.requests:
        if not specification.knows(exchange.method, exchange.path):
            if exchange.status != 404:
                raise ContractError(f"{exchange.method} {exchange.path} is answered, but Stripe has no such operation")
            continue
        if exchange.status == 200:
            specification.validate_request(exchange.method, exchange.path, exchange.pairs)
        if not exchange.is_damaged:
            specification.validate_response(exchange.method, exchange.path, exchange.status, exchange.response)


@pytest.fixture(scope="session")
def stripe_openapi() -> OpenApi:
    """Stripe's specification, 2026-05-27."""
    if not specification_path().exists():
        absent(str(specification_path()))
    return stripe()


@pytest.fixture
def stripe_sandbox() -> Iterator[OpenSandbox]:
    """Opens sandboxes like `sandbox.stripe.running` and checks all their traffic against Stripe's specification.

    `is_older` says that the folder holds objects of API 2025-08-27. Without the contracts nothing is checked, unless
    CI is set.
    """
    opened: list[tuple[Running, bool]] = []
    with ExitStack() as stack:

        def open_sandbox(data_dir: Path | None = None, *, is_older: bool = False, **how: Any) -> Running:
            sandbox = stack.enter_context(running(data_dir, record_bodies=True, **how))
            opened.append((sandbox, is_older))
            return sandbox

        yield open_sandbox
    if not specification_path().exists():
        if os.environ.get("CI"):
            pytest.fail(f"{specification_path()} is missing, and CI is set")
        return
    for sandbox, is_older in opened:
        check_traffic(sandbox, stripe(is_older=is_older))


@pytest.fixture(scope="session")
def company_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few dozen customers of the made-up company at COMPANY_NOW, as a folder of JSON-lines."""
    folder = tmp_path_factory.mktemp("company")
    write_cast(folder)
    return folder


@pytest.fixture(scope="session")
def acme_200() -> Path:
    """The account acme-200, which is not part of the project."""
    folder = Path(os.environ.get("WORLDS_DIR", _WORLDS)) / "acme-200"
    if not folder.exists():
        absent(str(folder))
    return folder
