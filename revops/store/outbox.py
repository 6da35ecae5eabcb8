"""What is to be sent, written in the transaction that decided it and sent after.

A message is sent at least once: whoever claims it has it for a while, and one that was neither sent nor
given back by then is claimed again. Its key keeps a decision that is made twice from being sent twice.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from revops.store.rows import insert_into, new_id
from revops.store.store import Store
from revops.store.tables import outbox

LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class OutboxMessage:
    """A claimed message; `attempts` counts this one."""

    outbox_id: str
    tenant_id: str
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True)
class Waiting:
    """How many messages of a tenant failed and are tried again, since when the oldest waits, and the newest error."""

    tenant_id: str
    messages: int
    since: datetime
    error: str


def put(
    connection: Connection, tenant_id: str, *, kind: str, key: str, payload: Mapping[str, Any], at: datetime
) -> bool:
    """Let something be sent, within the transaction that decided it; False where the key was put before."""
    row = {
        "outbox_id": new_id("out"),
        "tenant_id": tenant_id,
        "kind": kind,
        "key": key,
        "payload": json.dumps(payload, sort_keys=True, ensure_ascii=False),
        "created_at": at,
        "available_at": at,
        "attempts": 0,
    }
    statement = insert_into(connection, outbox).values(row).on_conflict_do_nothing(index_elements=["tenant_id", "key"])
    return connection.execute(statement.returning(outbox.c.outbox_id)).first() is not None


class Outbox:
    """What the sender does: claim, then say what became of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim(self, at: datetime, *, limit: int = 20, kinds: Collection[str] | None = None) -> list[OutboxMessage]:
        """Messages of any tenant that are due, longest waiting first; nobody else gets them for two minutes.

        Of all kinds, or of these: each kind has a sender of its own.
        """
        column = outbox.c
        of_kind = [column.kind.in_(kinds)] if kinds is not None else []
        due = (
            select(column.outbox_id)
            .where(column.sent_at.is_(None), column.available_at <= at, *of_kind)
            .order_by(column.available_at, column.outbox_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._store.everyone() as connection:
            ids: Sequence[str] = connection.scalars(due).all()
            if not ids:
                return []
            leased = {"available_at": at + LEASE, "attempts": column.attempts + 1}
            rows = connection.execute(
                update(outbox).where(column.outbox_id.in_(ids)).values(leased).returning(*outbox.c)
            ).mappings()
            found = {row["outbox_id"]: row for row in rows}
        names = OutboxMessage.__dataclass_fields__
        messages = ({name: found[one][name] for name in names} for one in ids)
        return [OutboxMessage(**{**row, "payload": json.loads(row["payload"])}) for row in messages]

    def has_due(self, at: datetime, kinds: Collection[str]) -> bool:
        """Whether there is anything to claim: who looks often must not write each time."""
        column = outbox.c
        due = select(column.outbox_id).where(
            column.sent_at.is_(None), column.available_at <= at, column.kind.in_(kinds)
        )
        with self._store.everyone(is_read_only=True) as connection:
            return connection.execute(due.limit(1)).first() is not None

    def sent(self, message: OutboxMessage, at: datetime) -> None:
        """It was sent; a second time changes nothing."""
        self._mark(message, outbox.c.sent_at.is_(None), sent_at=at, error=None)

    def failed(self, message: OutboxMessage, error: str, retry_at: datetime) -> None:
        """It was not sent; it is due again at `retry_at`. The error holds no secret.

        Nothing happens where it was claimed again meanwhile: the later claim decides.
        """
        is_last_claim = outbox.c.attempts == message.attempts
        self._mark(message, outbox.c.sent_at.is_(None), is_last_claim, available_at=retry_at, error=error)

    def waiting(self, kinds: Collection[str]) -> list[Waiting]:
        """What could not be sent so far, per tenant: nothing is listed that was not tried."""
        column = outbox.c
        tried = (column.sent_at.is_(None), column.error.is_not(None), column.kind.in_(kinds))
        counted = (
            select(column.tenant_id, func.count().label("messages"), func.min(column.created_at).label("since"))
            .where(*tried)
            .group_by(column.tenant_id)
            .order_by(column.tenant_id)
        )
        with self._store.everyone(is_read_only=True) as connection:
            found = connection.execute(counted).mappings().all()
            newest = select(column.error).where(*tried).order_by(column.available_at.desc()).limit(1)
            return [
                Waiting(**row, error=str(connection.scalar(newest.where(column.tenant_id == row["tenant_id"]))))
                for row in found
            ]

    def _mark(self, message: OutboxMessage, *conditions: ColumnElement[bool], **values: Any) -> None:
        mine = (outbox.c.tenant_id == message.tenant_id, outbox.c.outbox_id == message.outbox_id)
        with self._store.tenant(message.tenant_id) as connection:
            connection.execute(update(outbox).where(*mine, *conditions).values(**values))
