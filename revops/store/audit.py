"""What was done in the store, by whom: lines are added and never changed or deleted.

A line is written in the transaction of what it reports, so neither exists without the other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from revops.store.rows import as_json
from revops.store.store import Store
from revops.store.tables import audit


@dataclass(frozen=True)
class AuditLine:
    """Who did what to which object. `sequence` is 0 until it is stored."""

    tenant_id: str
    at: datetime
    actor: str
    verb: str
    object_type: str
    object_id: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    sequence: int = 0


def append(connection: Connection, lines: Sequence[AuditLine]) -> None:
    """Add lines within the transaction of what they report."""
    if lines:
        connection.execute(insert(audit), [_row(line) for line in lines])


class Audit:
    """Reading the audit."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, tenant_id: str, *, object_id: str | None = None, limit: int = 1000) -> list[AuditLine]:
        """A tenant's newest lines, newest first; of one object, where it is given."""
        query = select(audit).where(audit.c.tenant_id == tenant_id).order_by(audit.c.sequence.desc()).limit(limit)
        if object_id is not None:
            query = query.where(audit.c.object_id == object_id)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(query).mappings().all()
        return [AuditLine(**{**row, "detail": json.loads(row["detail"])}) for row in rows]


def _row(line: AuditLine) -> dict[str, Any]:
    return {
        "tenant_id": line.tenant_id,
        "at": line.at,
        "actor": line.actor,
        "verb": line.verb,
        "object_type": line.object_type,
        "object_id": line.object_id,
        "detail": as_json(line.detail),
    }
