"""The official SDK, unpatched, pointed at a sandbox."""

from __future__ import annotations

from typing import Any

import httpx
from stripe import StripeClient

from sandbox.stripe import Running
from tests.contracts.cast import customer_of

LIVE = "sk_live_testsecret0001"
TEST = "sk_test_testsecret0001"


def client_for(sandbox: Running, key: str = LIVE, **how: Any) -> StripeClient:
    """A client that never retries by itself, so that every answer is seen."""
    return StripeClient(key, base_addresses={"api": sandbox.url}, max_network_retries=0, **how)


def every(sandbox: Running, path: str, key: str = LIVE) -> list[dict[str, Any]]:
    """All objects of a list as plain JSON; the SDK needs a thousandth of a second for each."""
    found: list[dict[str, Any]] = []
    joint = "&" if "?" in path else "?"
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, base_url=sandbox.url) as session:
        cursor = ""
        while True:
            page = session.get(f"{path}{joint}limit=100{cursor}").json()
            found += page["data"]
            if not page["has_more"]:
                return found
            cursor = f"&starting_after={found[-1]['id']}"


def invoices(sandbox: Running, **fields: Any) -> list[dict[str, Any]]:
    """Whole invoices of the sandbox with these field values, newest first."""
    everything = sandbox.stand_in.account().store.all("invoice")
    return [one for one in everything if all(one[name] == value for name, value in fields.items())]


def invoice_of(sandbox: Running, name: str, **fields: Any) -> dict[str, Any]:
    """The newest invoice of one of the cast."""
    return invoices(sandbox, customer=customer_of(name), **fields)[0]
