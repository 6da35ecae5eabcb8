"""Rows that could not land, kept whole with the reason until the source mends them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from ingestion.erasure.in_force import kept_text


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One refused row: what it said, why it was refused, and where it came from (file:line, or a request's path)."""

    resource: str
    id: str | None
    reason: str
    raw_text: str
    origin: str


SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("resource", pa.string()),
        ("id", pa.string()),
        ("reason", pa.string()),
        ("raw_text", pa.string()),
        ("origin", pa.string()),
        ("quarantined_at", pa.timestamp("us")),
    ]
)


def as_table(rows: Iterable[tuple[Quarantined, datetime]], tenant_id: str) -> pa.Table:
    """The quarantine as one Arrow table; the time is when a row was first refused.

    What a row of an erased customer said is not kept.
    """
    return pa.Table.from_pylist(
        [
            {
                "tenant_id": tenant_id,
                "resource": row.resource,
                "id": row.id,
                "reason": row.reason,
                "raw_text": kept_text(row.raw_text),
                "origin": row.origin,
                "quarantined_at": first_at.replace(tzinfo=None),
            }
            for row, first_at in rows
        ],
        schema=SCHEMA,
    )
