"""What bears on security: use of keys, refusals, changes of policies, tenants and integrations.

Lines are added and never changed or deleted; secrets are hidden before they are written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, or_, select

from revops.store.rows import as_json
from revops.store.store import Store
from revops.store.tables import security_log

SecurityEvent = Literal[
    "key_used",
    "secret_rotated",
    "policy_changed",
    "tenant_added",
    "tenant_removed",
    "integration_connected",
    "integration_disconnected",
    "refused_signature",
    "refused_request",
    "refused_connect",
    "refused_decision",
    "role_changed",
    "erased",
]


@dataclass(frozen=True)
class SecurityLine:
    """One event. `address` is where it came from, if over the network; `sequence` is 0 until it is stored."""

    tenant_id: str
    at: datetime
    actor: str
    event: SecurityEvent
    address: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    sequence: int = 0


def append(connection: Connection, line: SecurityLine) -> None:
    """Add a line within the transaction of what it reports."""
    connection.execute(
        insert(security_log).values(
            tenant_id=line.tenant_id,
            at=line.at,
            actor=line.actor,
            event=line.event,
            address=line.address,
            detail=as_json(line.detail),
        )
    )


class SecurityLog:
    """Lines that report nothing else of the store, and the search."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, line: SecurityLine) -> None:
        """Add a line, for example a refusal."""
        with self._store.tenant(line.tenant_id) as connection:
            append(connection, line)

    def search(
        self,
        tenant_id: str,
        *,
        event: SecurityEvent | None = None,
        actor: str | None = None,
        text: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> list[SecurityLine]:
        """A tenant's lines, newest first: of one event, by one actor, in a time (`until` is outside), with a text in
        actor, address or detail (large and small letters alike).
        """
        line = security_log.c
        query = select(security_log).where(line.tenant_id == tenant_id).order_by(line.sequence.desc()).limit(limit)
        if event is not None:
            query = query.where(line.event == event)
        if actor is not None:
            query = query.where(line.actor == actor)
        if text is not None:
            places = (line.actor, line.address, line.detail)
            query = query.where(or_(*(place.icontains(text, autoescape=True) for place in places)))
        if since is not None:
            query = query.where(line.at >= since)
        if until is not None:
            query = query.where(line.at < until)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(query).mappings().all()
        return [SecurityLine(**{**row, "detail": json.loads(row["detail"])}) for row in rows]
