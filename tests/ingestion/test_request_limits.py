"""Keeping to Stripe's rate limits leaves nothing behind: each limiter has a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from pydantic import SecretStr
from pyrate_limiter import BucketFactory

from ingestion.settings import StripeSettings
from ingestion.stripe.client import StripeReader
from ingestion.stripe.resources import RESOURCES
from revops.connectors.stripe_actions import StripeActions
from revops.domain.stripe_access import StripeAccess
from sandbox.stripe import Running
from tests.contracts.fixtures import OpenSandbox
from tests.ingestion.landed import KEY


@pytest.fixture
def sandbox(stripe_sandbox: OpenSandbox, monkeypatch: pytest.MonkeyPatch) -> Running:
    # Its threads look every ten seconds whether they are still needed.
    monkeypatch.setattr(BucketFactory, "_leak_interval", 500)
    return stripe_sandbox()


def limiter_threads() -> int:
    return sum("leaker" in thread.name.lower() for thread in threading.enumerate())


def wait_for(count: int) -> None:
    deadline = time.monotonic() + 20
    while limiter_threads() > count:
        assert time.monotonic() < deadline, f"{limiter_threads()} threads are left"
        time.sleep(0.01)


def test_reading_much_has_one_limiter_per_endpoint_and_ends_them(sandbox: Running) -> None:
    before = limiter_threads()

    async def read() -> int:
        settings = StripeSettings(_env_file=None, stripe_api_key=SecretStr(KEY), stripe_api_base=sandbox.url)
        async with StripeReader(settings) as reader:
            for _ in range(10):
                for resource in RESOURCES[:3]:
                    await reader.get(resource.path, [("limit", "1")], resource)
                await reader.get("/v1/account", [])
            return limiter_threads() - before

    assert asyncio.run(read()) == 1 + 3 + 1, "one for all requests, and one for each endpoint"
    wait_for(before)


def test_a_connection_for_actions_that_is_closed_leaves_no_thread(sandbox: Running) -> None:
    before = limiter_threads()
    kept = [StripeActions(StripeAccess(SecretStr(KEY)), sandbox.url) for _ in range(5)]
    assert limiter_threads() == before + 5
    for one in kept:
        one.close()
    wait_for(before)
