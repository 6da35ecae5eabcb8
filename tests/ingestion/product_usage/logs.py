"""Logs as a test writes them, and looks into what became of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import zstandard

from ingestion.lock import writer_lock
from ingestion.product_usage.landing import UsageReport, load
from ingestion.product_usage.mapping import UsageMapping
from ingestion.profile import Profile
from ingestion.settings import ProductUsageSettings
from tests.ingestion.landed import rows

NOON = 1_790_000_000
LONG_AGO = NOON - 100_000


def login(number: int, **more: Any) -> dict[str, Any]:
    """A login of the customer and the second of that number."""
    return {"customer": f"cus_{number}", "user_id": f"u_{number}", "ts": NOON + number, "method": "password", **more}


def usage(number: int, **more: Any) -> dict[str, Any]:
    """A metered use with a key of its own."""
    return {
        "customer": f"cus_{number}",
        "metric": "api_calls",
        "quantity": number,
        "ts": NOON + number,
        "idempotency_key": f"key_{number}",
        **more,
    }


def lines(objects: Iterable[dict[str, Any] | bytes]) -> bytes:
    """JSON-lines; bytes are taken as they are."""
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in objects)


def table(objects: Sequence[dict[str, Any]]) -> bytes:
    """The same as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(objects[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(objects)
    return text.getvalue().encode()


def write(path: Path, content: bytes) -> Path:
    """Writes a file, compressed as its name says, that nobody has touched for a while."""
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)
    path.write_bytes(packed(content))
    settle(path)
    return path


def settle(path: Path) -> None:
    """Nobody is writing to it."""
    os.utime(path, (LONG_AGO, LONG_AGO))


def land(profile: Profile, *places: Path | str, mapping: UsageMapping | None = None) -> UsageReport:
    """One landing as a run does it: with the lock."""
    named = ",".join(str(place) for place in places) or None
    settings = ProductUsageSettings(_env_file=None, leaks_product_usage=named)
    with writer_lock(profile):
        return load(profile, mapping=mapping, settings=settings)


def logins(profile: Profile) -> list[tuple[str | None, ...]]:
    """(account, user, method, seconds after noon) of each login that landed."""
    found = rows(
        profile,
        f"""
        select account_id, user_id, method, (epoch(occurred_at) - {NOON})::bigint as seconds
        from product.login order by all
        """,
    )
    return [tuple(row.values()) for row in found]


def count(profile: Profile, kind: str = "login") -> int:
    """How many rows landed."""
    return int(rows(profile, f"select count(*) as n from product.{kind}")[0]["n"])


def refused(profile: Profile) -> list[tuple[str, str, str]]:
    """(file:line, reason, text) of each row in quarantine."""
    found = rows(profile, "select origin, reason, raw_text from product.quarantine order by origin")
    return [(Path(row["origin"]).name, row["reason"], row["raw_text"]) for row in found]
