"""The inbox: every verified event once, with its raw body, until the worker is done with it.

States: `received` (durable, not in the warehouse), `landed` (in the warehouse), `done` (what follows from it is
published), `failed` (given up; the error says why). A claim is no lease: a worker that dies leaves its rows as they
were, and whoever claims them next lands the same events again, which changes nothing. `attempts` counts claims, so
that an event which ends its worker each time is noticed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from revops.domain.received import ReceivedEvent
from revops.logging import redact
from revops.store.inbox_append import add
from revops.store.rows import groups
from revops.store.store import Store
from revops.store.tables import inbox, inbox_bodies

_FILE: Final = "inbox"
_UNFINISHED = ("received", "landed")
_MAX_ERROR = 2_000
# Below SQLite's 32,766 values in one statement; also what one transaction may change at a time.
_GROUP = 10_000

_ENVELOPE = (
    "tenant_id",
    "integration_mode",
    "source",
    "event_id",
    "event_type",
    "object_id",
    "account_id",
    "event_created_at",
    "received_at",
)


@dataclass(frozen=True)
class InboxEvent:
    """An event to work on; `attempts` counts the claims so far, this one included."""

    sequence: int
    event: ReceivedEvent
    attempts: int


@dataclass(frozen=True)
class Lag:
    """How many events are not done, and the age in seconds of the oldest (0 where there is none)."""

    events: int
    seconds: float


class Inbox:
    """Events from their arrival to their end. `append` belongs to the receiver, all else to the worker."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, events: Sequence[ReceivedEvent]) -> list[bool]:
        """Store a group in one transaction; whether each event was new, in the same order.

        An event whose key is stored, or stands earlier in the group, has no effect.
        """
        firsts: dict[tuple[str, str, str], int] = {}
        for position, event in enumerate(events):
            firsts.setdefault(event.key, position)
        with self._store.everyone(file=_FILE) as connection:
            added = add(connection, [events[position] for position in firsts.values()])
        # Only the first of equal keys can be new.
        return [firsts[event.key] == position and event.key in added for position, event in enumerate(events)]

    def claim(self, tenant_id: str, limit: int, *, only: int | None = None) -> list[InboxEvent]:
        """A tenant's oldest events that are not done (or one of them), in order of arrival, each with one attempt more.

        Landed ones too: a worker ended before what follows from them was published.
        """
        with self._store.tenant(tenant_id, file=_FILE) as connection:
            sequences = _oldest(connection, tenant_id, limit) if only is None else [only]
            for group in groups(sequences, _GROUP):
                _update(connection, _these(tenant_id, group), attempts=inbox.c.attempts + 1)
            return _read(connection, tenant_id, sequences)

    def suspects(self, tenant_id: str, attempts: int) -> list[int]:
        """Events not done that were claimed more often than that, the most often first."""
        mine = (inbox.c.tenant_id == tenant_id, inbox.c.state.in_(_UNFINISHED), inbox.c.attempts > attempts)
        query = select(inbox.c.sequence).where(*mine).order_by(inbox.c.attempts.desc(), inbox.c.sequence)
        with self._store.tenant(tenant_id, file=_FILE, is_read_only=True) as connection:
            return list(connection.scalars(query))

    def mark_landed(self, tenant_id: str, sequences: Sequence[int], at: datetime) -> None:
        """These events are in the warehouse."""
        self._mark(tenant_id, sequences, ("received",), state="landed", landed_at=at, error=None)

    def mark_done(self, tenant_id: str, sequences: Sequence[int], at: datetime) -> None:
        """What follows from these events is published."""
        landed_at = func.coalesce(inbox.c.landed_at, at)
        self._mark(tenant_id, sequences, _UNFINISHED, state="done", done_at=at, landed_at=landed_at, error=None)

    def mark_failed(self, tenant_id: str, sequences: Sequence[int], error: str, *, is_final: bool) -> None:
        """Working on these events failed: they are given up, or stay as they are and are claimed again.

        Secrets are cut out of the error before it is kept.
        """
        state = {"state": "failed"} if is_final else {}
        self._mark(tenant_id, sequences, _UNFINISHED, error=_plain(error), **state)

    def mark_waiting(self, tenant_id: str, sequences: Sequence[int], error: str) -> None:
        """Something else failed while these events were worked on (Stripe, the disk): the attempt does not count."""
        self._mark(tenant_id, sequences, _UNFINISHED, error=_plain(error), attempts=inbox.c.attempts - 1)

    def tenants_waiting(self) -> list[str]:
        """Tenants with events that are not done, whoever waits longest first."""
        query = select(inbox.c.tenant_id).where(inbox.c.state.in_(_UNFINISHED)).group_by(inbox.c.tenant_id)
        with self._store.everyone(file=_FILE, is_read_only=True) as connection:
            return list(connection.scalars(query.order_by(func.min(inbox.c.sequence))))

    def lag(self, now: datetime) -> Lag:
        """What is not done yet, of all tenants."""
        query = select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.state.in_(_UNFINISHED))
        with self._store.everyone(file=_FILE, is_read_only=True) as connection:
            events, oldest = cast(tuple[int, datetime | None], connection.execute(query).one())
        return Lag(events, max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0)

    def delete_bodies(self, tenant_id: str, received_before: datetime, *, limit: int = 1_000) -> int:
        """Delete raw bodies of a tenant's events that came before a time, at most `limit`; how many it were.

        The row stays, so that a repetition is still known as one. What is not done keeps its body.
        Call it until it answers less than `limit`: short transactions let the receiver in between.
        """
        old = (
            select(inbox_bodies.c.sequence)
            .join(inbox, inbox.c.sequence == inbox_bodies.c.sequence)
            .where(inbox_bodies.c.tenant_id == tenant_id, inbox.c.tenant_id == tenant_id)
            .where(inbox.c.received_at < received_before, inbox.c.state.not_in(_UNFINISHED))
            .order_by(inbox_bodies.c.sequence)
            .limit(limit)
        )
        mine = inbox_bodies.c.tenant_id == tenant_id
        statement = delete(inbox_bodies).where(mine, inbox_bodies.c.sequence.in_(old.scalar_subquery()))
        with self._store.tenant(tenant_id, file=_FILE) as connection:
            return connection.execute(statement).rowcount

    def _mark(self, tenant_id: str, sequences: Sequence[int], states: Collection[str], **values: Any) -> None:
        """Change rows that are still in one of the states: marking twice changes nothing."""
        for group in groups(sequences, _GROUP):
            with self._store.tenant(tenant_id, file=_FILE) as connection:
                _update(connection, _these(tenant_id, group) & inbox.c.state.in_(states), **values)


def _oldest(connection: Connection, tenant_id: str, limit: int) -> list[int]:
    query = select(inbox.c.sequence).where(inbox.c.tenant_id == tenant_id, inbox.c.state.in_(_UNFINISHED))
    return list(connection.scalars(query.order_by(inbox.c.sequence).limit(limit)))


def _read(connection: Connection, tenant_id: str, sequences: Sequence[int]) -> list[InboxEvent]:
    columns = (inbox.c.sequence, inbox.c.attempts, inbox_bodies.c.body, *(inbox.c[name] for name in _ENVELOPE))
    query = select(*columns).join(inbox_bodies, inbox_bodies.c.sequence == inbox.c.sequence)
    return [
        InboxEvent(
            row["sequence"],
            ReceivedEvent(**{name: row[name] for name in _ENVELOPE}, body=row["body"]),
            row["attempts"],
        )
        for group in groups(sequences, _GROUP)
        for row in connection.execute(query.where(_these(tenant_id, group)).order_by(inbox.c.sequence)).mappings()
    ]


def _these(tenant_id: str, sequences: Sequence[int]) -> ColumnElement[bool]:
    return (inbox.c.tenant_id == tenant_id) & inbox.c.sequence.in_(sequences)


def _update(connection: Connection, which: ColumnElement[bool], **values: Any) -> None:
    connection.execute(update(inbox).where(which).values(**values))


def _plain(error: str) -> str:
    """Text that both engines can hold."""
    return redact(error)[:_MAX_ERROR].replace("\0", "").encode(errors="replace").decode()
