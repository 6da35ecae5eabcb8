"""Looks into a warehouse as a test: what has landed, what is newest, what was refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import zstandard

from ingestion.lock import writer_lock
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from ingestion.stripe.landing import LandingReport, load
from ingestion.stripe.resources import TABLES

NEWEST = (
    "row_number() over (partition by id "
    "order by version_at desc, source = 'event', loaded_at desc, event_id desc, payload_hash) = 1"
)
KEY = "sk_" + "live_0123456789abcdef"
TEST_KEY = "sk_" + "test_0123456789abcdef"
UNLIMITED = {"stripe_requests_per_second": 1_000_000, "stripe_requests_per_second_per_endpoint": 1_000_000}


def from_export(folder: Path, **more: Any) -> StripeSettings:
    """Settings of an export, free of the machine's own."""
    return StripeSettings(_env_file=None, stripe_export=folder, **more)


def from_api(url: str, key: str = KEY, **more: Any) -> StripeSettings:
    """Settings of an API without limits."""
    return StripeSettings(_env_file=None, stripe_api_key=key, stripe_api_base=url, **{**UNLIMITED, **more})


def land(profile: Profile, settings: StripeSettings, **how: Any) -> LandingReport:
    """One landing as a run does it: with the lock."""
    with writer_lock(profile):
        return load(profile, settings=settings, **how)


def rows(profile: Profile, sql: str) -> list[dict[str, Any]]:
    """Rows of the warehouse."""
    with duckdb.connect(str(profile.warehouse), read_only=True) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def versions(profile: Profile) -> set[tuple[str, str, str]]:
    """(table, id, hash) of everything that landed."""
    return {(t, r["id"], r["payload_hash"]) for t in TABLES for r in rows(profile, f"select * from stripe.{t}")}


def version_count(profile: Profile) -> dict[str, int]:
    """How many versions each table holds."""
    return {t: rows(profile, f"select count(*) as n from stripe.{t}")[0]["n"] for t in TABLES}


def newest(profile: Profile, table: str) -> dict[str, Any]:
    """The newest payload of each object of a table."""
    found = rows(profile, f"select id, payload from stripe.{table} qualify {NEWEST}")
    return {row["id"]: json.loads(row["payload"]) for row in found}


def quarantine(profile: Profile) -> list[dict[str, Any]]:
    """What was refused."""
    return rows(profile, "select resource, id, reason, raw_text, origin from stripe.quarantine order by all")


def states(profile: Profile) -> dict[str, dict[str, Any]]:
    """Each resource's state."""
    return {row["resource"]: row for row in rows(profile, "select * from stripe.resource_status")}


def write_lines(path: Path, objects: Iterable[dict[str, Any] | bytes]) -> None:
    """A JSON-lines file, compressed as its name says; bytes are written as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in objects]
    content = b"".join(line + b"\n" for line in lines)
    if path.suffix == ".gz":
        content = gzip.compress(content)
    if path.suffix == ".zst":
        content = zstandard.compress(content)
    path.write_bytes(content)


def customer(number: int, **more: Any) -> dict[str, Any]:
    """A small customer."""
    return {"id": f"cus_{number}", "object": "customer", "created": 1_700_000_000 + number, "livemode": True, **more}


def invoice(number: int, **more: Any) -> dict[str, Any]:
    """A small invoice of 10.00 USD."""
    return {
        "id": f"in_{number}",
        "object": "invoice",
        "created": 1_700_000_000 + number,
        "livemode": True,
        "customer": "cus_1",
        "currency": "usd",
        "status": "open",
        "amount_due": 1000,
        "amount_paid": 0,
        "amount_remaining": 1000,
        "lines": {"object": "list", "data": [], "has_more": False},
        **more,
    }


def event(number: int, created: int, type: str, object: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event that carries `object`."""
    return {
        "id": f"evt_{number}",
        "object": "event",
        "created": created,
        "livemode": True,
        "api_version": "2025-08-27.basil",
        "type": type,
        "data": {"object": object},
        **more,
    }
