"""A whole account in an older API generation is served as it was loaded."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.stripe import Running
from tests.contracts.fixtures import OpenSandbox
from tests.sandbox.clients import client_for, every

_NOW = datetime(2026, 10, 1, tzinfo=UTC)
_PATHS = {
    "customer": "customers",
    "invoice": "invoices",
    "charge": "charges",
    "payment_intent": "payment_intents",
    "invoice_payment": "invoice_payments",
    "balance_transaction": "balance_transactions",
    "price": "prices",
    "refund": "refunds",
}


@pytest.fixture
def acme(stripe_sandbox: OpenSandbox, acme_200: Path) -> Running:
    return stripe_sandbox(acme_200, as_of=_NOW, is_frozen=True, is_older=True)


def _file(folder: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(folder / f"{name}.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", sorted(_PATHS))
def test_every_live_object_of_the_files_comes_over_http_unchanged(acme: Running, acme_200: Path, name: str) -> None:
    expected = {one["id"]: one for one in _file(acme_200, name) if one.get("livemode") is not False}
    expected = {key: one for key, one in expected.items() if not one.get("deleted")}
    served = {one["id"]: one for one in every(acme, f"/v1/{_PATHS[name]}")}
    assert served == expected


def test_discounts_come_as_objects_when_expanded(acme: Running, acme_200: Path) -> None:
    expected = {one["id"]: one["discounts"] for one in _file(acme_200, "subscription") if one["livemode"]}
    pages = client_for(acme).v1.subscriptions.list({"status": "all", "limit": 100, "expand": ["data.discounts"]})
    assert {one.id: one.to_dict()["discounts"] for one in pages.auto_paging_iter()} == expected


def test_an_event_delivered_twice_is_listed_once(acme: Running, acme_200: Path) -> None:
    since = _NOW.timestamp() - 30 * 86_400
    recent = [one for one in _file(acme_200, "event") if since <= one["created"] <= _NOW.timestamp()]
    expected = {one["id"] for one in recent if one["livemode"]}
    seen = [event["id"] for event in every(acme, "/v1/events")]
    assert len(seen) == len(expected)
    assert set(seen) == expected


def test_an_invoice_in_the_older_shape_can_be_paid(acme: Running) -> None:
    client = client_for(acme)
    invoice = client.v1.invoices.list({"status": "open", "limit": 1}).data[0]
    paid = client.v1.invoices.pay(invoice.id)
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert acme.ledger.entries[0].amount_minor == invoice.amount_remaining
