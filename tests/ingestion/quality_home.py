"""A home for tests of the quality gate: sound exports land as usual, unsound rows are written past landing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingestion import quality
from ingestion.profile import Profile
from ingestion.quality import QualityReport, Result
from tests.ingestion import landed
from tests.ingestion.landed import customer, event, from_export, invoice, land, write_lines

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())


def sound(folder: Path, customers: Iterable[int] = range(30), **invoice_fields: Any) -> Path:
    """An export in which every customer has an invoice, and an event as fresh as the clock."""
    numbers = list(customers)
    write_lines(folder / "customer.jsonl", [customer(number) for number in numbers])
    write_lines(folder / "invoice.jsonl", [owned(number, **invoice_fields) for number in numbers])
    write_lines(folder / "event.jsonl", [event(1, SECOND, "customer.updated", customer(numbers[0], name="New"))])
    return folder


def owned(number: int, **more: Any) -> dict[str, Any]:
    """An invoice of the customer with the same number."""
    return invoice(number, **{"customer": f"cus_{number}", **more})


def arrive(profile: Profile, folder: Path, *, at: datetime = NOW, **how: Any) -> None:
    """What a run does before the gate; `how` are settings."""
    quality.remember(profile)
    land(profile, from_export(folder, stripe_export_at=at, **how))


def pass_gate(profile: Profile, folder: Path, *, at: datetime = NOW, **how: Any) -> QualityReport:
    """A landing and its check."""
    arrive(profile, folder, at=at, **how)
    return quality.check(profile)


def smuggle(profile: Profile, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Rows as something else than landing would write them; a row may give columns, and `payload` as any text."""
    defaults = {"tenant_id": "default", "version_at": NOW.replace(tzinfo=None), "source": "export", "event_id": None}
    with duckdb.connect(str(profile.warehouse)) as connection:
        values = []
        for row in rows:
            payload = row["payload"] if isinstance(row["payload"], str) else json.dumps(row["payload"])
            columns = {**defaults, "id": None, **row, "payload": payload}
            values.append(
                [columns[name] for name in ("tenant_id", "id", "version_at", "source", "event_id", "payload")]
            )
        connection.executemany(
            f"insert into stripe.{table} values ($1, $2, $3, $4, $5, null, $6, md5($6), "
            "(now() at time zone 'UTC')::timestamp)",
            values,
        )


def answer(report: QualityReport, expectation: str, resource: str) -> Result:
    """The one result of an expectation about a table."""
    (result,) = [r for r in report.results if (r.expectation, r.resource) == (expectation, resource)]
    return result


def ids(profile: Profile, table: str) -> set[str]:
    """The ids that a raw table holds."""
    return {row["id"] for row in landed.rows(profile, f"select id from stripe.{table}")}
