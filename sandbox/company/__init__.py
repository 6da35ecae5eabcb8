"""A small company for a first look: about sixty customers with every way in which an invoice can end.

It is made up by its own rules. Nothing here knows what looks at it later: no code, constant or definition is shared
with the packages that read a Stripe account.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from .book import Book, Payload
from .catalog import Catalog
from .extras import add_extras
from .life import live
from .stories import STORIES

__all__ = ["build", "write"]

_FILES = [
    "account",
    "customer",
    "subscription",
    "subscription_schedule",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "charge",
    "payment_intent",
    "payment_method",
    "product",
    "price",
    "coupon",
    "promotion_code",
    "refund",
    "dispute",
    "credit_note",
    "balance_transaction",
    "meter",
    "meter_event_summary",
    "event",
]


def build(now: datetime) -> dict[str, list[Payload]]:
    """All objects as they are at `now`, by file name. The same time gives the same objects."""
    book = Book(now)
    catalog = Catalog(book)
    for story in STORIES:
        live(book, catalog, story)
    add_extras(book, catalog)
    book.put("account", _account())
    objects = {name: list(table.values()) for name, table in book.tables.items()}
    objects["event"] = sorted(book.events, key=lambda event: int(event["created"]))
    return objects


def _account() -> Payload:
    return {
        "id": "acct_1LanternReports0",
        "object": "account",
        "business_type": "company",
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@lanternreports.example",
        "payouts_enabled": True,
        "type": "standard",
    }


def write(folder: Path, now: datetime) -> None:
    """Write one file of JSON-lines per object type into the folder, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = build(now)
    for name in _FILES:
        lines = (json.dumps(one, separators=(",", ":"), ensure_ascii=False) for one in objects.get(name, ()))
        text = "".join(f"{line}\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
