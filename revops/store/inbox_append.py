"""Adding a group of events to the inbox in as few statements as each engine allows.

The one place that writes SQL by hand: every event passes here, and SQLAlchemy's way of building the same statements
costs several times what running them does. Column types convert values, so that rows are as SQLAlchemy reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import IntegrityError

from revops.domain.received import ReceivedEvent
from revops.store.tables import inbox

# Names and PostgreSQL's types, in the order of the statements.
_ENVELOPE = {
    "tenant_id": "text",
    "integration_mode": "text",
    "source": "text",
    "event_id": "text",
    "event_type": "text",
    "object_id": "text",
    "account_id": "text",
    "event_created_at": "timestamptz",
    "received_at": "timestamptz",
}
_COLUMNS = ", ".join(_ENVELOPE)
_values = attrgetter(*_ENVELOPE)
# SQLite allows 32,766 values in one statement.
_GROUP = 500

Key = tuple[str, str, str]

_ONLY_NEW = "on conflict do nothing returning sequence, tenant_id, source, event_id"

_ON_POSTGRES = f"""
with given as (
    select * from unnest({", ".join(f"%b::{kind}[]" for kind in _ENVELOPE.values())}, %b::bytea[])
        with ordinality as given ({_COLUMNS}, body, place)
), added as (
    insert into inbox ({_COLUMNS}, state, attempts)
    select {_COLUMNS}, 'received', 0 from given order by place
    on conflict do nothing
    returning sequence, tenant_id, source, event_id
), kept as (
    insert into inbox_bodies (sequence, tenant_id, body)
    select added.sequence, added.tenant_id, given.body
    from added join given using (tenant_id, source, event_id)
)
select tenant_id, source, event_id from added
"""


def add(connection: Connection, events: Sequence[ReceivedEvent]) -> set[Key]:
    """Add events of different keys with their bodies; the keys of those that were not there."""
    if connection.dialect.name == "postgresql":
        return _add_on_postgres(connection, events)
    added: set[Key] = set()
    for start in range(0, len(events), _GROUP):
        added |= _add_on_sqlite(connection, events[start : start + _GROUP])
    return added


def _add_on_postgres(connection: Connection, events: Sequence[ReceivedEvent]) -> set[Key]:
    columns: list[list[Any]] = [list(column) for column in zip(*map(_values, events), strict=True)]
    bodies = [event.body for event in events]
    rows = connection.exec_driver_sql(_ON_POSTGRES, (*columns, bodies))
    return {(row[0], row[1], row[2]) for row in rows}


def _add_on_sqlite(connection: Connection, events: Sequence[ReceivedEvent]) -> set[Key]:
    as_text = _to_sqlite(connection.dialect)
    values: list[Any] = []
    for event in events:
        *texts, created_at, received_at = _values(event)
        values += (*texts, as_text(created_at), as_text(received_at))
    sequences = _rows_on_sqlite(connection, events, tuple(values))
    bodies: list[Any] = []
    for event in events:
        if event.key in sequences:
            bodies += (sequences[event.key], event.tenant_id, event.body)
    if bodies:
        connection.exec_driver_sql(_bodies_on_sqlite(len(sequences)), tuple(bodies))
    return set(sequences)


def _rows_on_sqlite(connection: Connection, events: Sequence[ReceivedEvent], values: tuple[Any, ...]) -> dict[Key, int]:
    """The sequence of each event that was not there.

    Mostly all are new: then SQLite has counted on by one for each, and asking for every sequence would only make the
    writer wait for its turn among the requests once per row.
    """
    statement = _on_sqlite(len(events))
    try:
        last = connection.exec_driver_sql(statement, values).lastrowid
    except IntegrityError:
        # Undoes this statement and not the transaction.
        rows = connection.exec_driver_sql(f"{statement} {_ONLY_NEW}", values)
        return {(row[1], row[2], row[3]): row[0] for row in rows}
    return {event.key: last - len(events) + number for number, event in enumerate(events, 1)}


@lru_cache(maxsize=1)
def _to_sqlite(dialect: Dialect) -> Callable[[Any], Any]:
    """What the column's type makes of a time on its way into the database."""
    convert = inbox.c.received_at.type.dialect_impl(dialect).bind_processor(dialect)
    return convert or (lambda value: value)


@lru_cache(maxsize=_GROUP)
def _on_sqlite(rows: int) -> str:
    row = f"({', '.join('?' * len(_ENVELOPE))}, 'received', 0)"
    return f"insert into inbox ({_COLUMNS}, state, attempts) values {', '.join([row] * rows)}"


@lru_cache(maxsize=_GROUP)
def _bodies_on_sqlite(rows: int) -> str:
    return f"insert into inbox_bodies (sequence, tenant_id, body) values {', '.join(['(?, ?, ?)'] * rows)}"
