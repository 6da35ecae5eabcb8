"""Leaks and their reasons: opened once per root cause and occurrence, closed with a resolution.

Everything may be repeated: a second time has no effect, so a worker that was killed begins again. What is
given together is written in groups, each a transaction of its own that holds the store for milliseconds.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from revops.domain.leak import Closing, Leak, LeakStatus, NewLeak, NewReason, Opened, Reason, ended_status, leak_id
from revops.store.audit import AuditLine, append
from revops.store.rows import groups, insert_into
from revops.store.store import Store
from revops.store.tables import actions, leak_reasons, leaks
from revops.store.tenants import require

# SQLite binds at most 32,766 values in a statement; a leak has 24.
_GROUP = 200
# What a further finding about an open leak may change; everything else says which leak it is.
_FIGURES = (
    "family",
    "leak_type",
    "object_type",
    "object_id",
    "amount_minor",
    "recurring_minor",
    "confidence",
    "is_alert",
    "definition_version",
    "as_of",
)


class Leaks:
    """A tenant's leaks. `actor` is who the audit names. An unknown tenant raises TenantError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, tenant_id: str, found: Sequence[NewLeak], *, actor: str, at: datetime) -> list[Opened]:
        """Open what is not open yet, give open ones the newer figures, and say which is which, in order.

        A leak that was closed stays closed, and figures as of an earlier time change nothing.
        """
        opened: list[Opened] = []
        for group in groups(found, _GROUP):
            with self._writing(tenant_id) as connection:
                opened += _open(connection, tenant_id, group, actor, at)
        return opened

    def attach(self, tenant_id: str, reasons: Sequence[NewReason], *, at: datetime) -> None:
        """Attach findings to leaks; one that was attached takes the newer figures, a detached one comes back."""
        for group in groups(reasons, _GROUP):
            with self._writing(tenant_id) as connection:
                rows = [{**asdict(reason), "tenant_id": tenant_id, "attached_at": at} for reason in group]
                statement = insert_into(connection, leak_reasons)
                new = statement.excluded
                figures = {name: new[name] for name in ("currency", "amount_minor", "confidence")}
                again = statement.on_conflict_do_update(
                    index_elements=["leak_id", "finding_id"],
                    set_={**figures, "detached_at": None},
                    # Two tenants never share a leak; a wrong id must not change another's row.
                    where=leak_reasons.c.tenant_id == tenant_id,
                )
                connection.execute(again, rows)

    def detach(self, tenant_id: str, finding_ids: Sequence[str], *, at: datetime) -> None:
        """Findings that are no more: their reasons stay, with the time they ended."""
        reason = leak_reasons.c
        for group in groups(finding_ids, _GROUP):
            with self._writing(tenant_id) as connection:
                mine = (reason.tenant_id == tenant_id, reason.finding_id.in_(group), reason.detached_at.is_(None))
                connection.execute(update(leak_reasons).where(*mine).values(detached_at=at))

    def close(self, tenant_id: str, closings: Sequence[Closing], *, actor: str, at: datetime) -> list[str]:
        """Close open leaks; the ids of those that were open until now."""
        closed: list[str] = []
        for group in groups(closings, _GROUP):
            with self._writing(tenant_id) as connection:
                closed += _close(connection, tenant_id, group, actor, at)
        return closed

    def read_open(self, tenant_id: str) -> list[Leak]:
        """Every open leak, in the order in which they were opened."""
        return self._read(tenant_id, leaks.c.closed_at.is_(None))

    def read(self, tenant_id: str, statuses: Collection[LeakStatus]) -> list[Leak]:
        """Leaks of some statuses, in the order in which they were opened."""
        return self._read(tenant_id, leaks.c.status.in_(statuses))

    def get(self, tenant_id: str, leak_ids: Sequence[str]) -> list[Leak]:
        """Leaks by id, open or closed; per group in the order in which they were opened."""
        return [
            leak for group in groups(leak_ids, _GROUP) for leak in self._read(tenant_id, leaks.c.leak_id.in_(group))
        ]

    def read_last(self, tenant_id: str, root_causes: Sequence[str]) -> dict[str, Leak]:
        """The last occurrence of root causes that leaked before, open or closed."""
        found: dict[str, Leak] = {}
        for group in groups(root_causes, _GROUP):
            # In the order in which they were opened, so that the last stays.
            found |= {leak.root_cause: leak for leak in self._read(tenant_id, leaks.c.root_cause.in_(group))}
        return found

    def reasons(self, tenant_id: str, leak_ids: Sequence[str]) -> list[Reason]:
        """What was and is attached to leaks; `detached_at` is None for what still is."""
        reason = leak_reasons.c
        found: list[Reason] = []
        for group in groups(leak_ids, _GROUP):
            query = select(leak_reasons).where(reason.tenant_id == tenant_id, reason.leak_id.in_(group))
            with self._store.tenant(tenant_id, is_read_only=True) as connection:
                rows = connection.execute(query.order_by(reason.leak_id, reason.finding_id)).mappings()
                found += [Reason(**row) for row in rows]
        return found

    @contextmanager
    def _writing(self, tenant_id: str) -> Iterator[Connection]:
        """One writer of a tenant's leaks at a time, so that two neither deadlock nor miss what the other does."""
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            yield connection

    def _read(self, tenant_id: str, condition: ColumnElement[bool]) -> list[Leak]:
        query = select(leaks).where(leaks.c.tenant_id == tenant_id, condition)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(query.order_by(leaks.c.opened_at, leaks.c.leak_id)).mappings()
            return [Leak(**row) for row in rows]


def _open(connection: Connection, tenant_id: str, found: Sequence[NewLeak], actor: str, at: datetime) -> list[Opened]:
    known = _known(connection, tenant_id, found)
    open_ones = {row["root_cause"]: row for row in known.values() if row["closed_at"] is None}
    rows: list[dict[str, Any]] = []
    renewed: list[NewLeak] = []
    opened: list[Opened] = []
    for leak in found:
        held = known.get((leak.root_cause, leak.occurrence)) or open_ones.get(leak.root_cause)
        if held is None:
            row = _row(tenant_id, leak, at)
            known[leak.root_cause, leak.occurrence] = open_ones[leak.root_cause] = row
            rows.append(row)
            opened.append(Opened(row["leak_id"], leak.occurrence, is_new=True, is_open=True))
        else:
            opened.append(Opened(held["leak_id"], held["occurrence"], is_new=False, is_open=held["closed_at"] is None))
            renewed.append(leak)
    if rows:
        connection.execute(insert(leaks), rows)
    append(connection, [_opened_line(row, actor) for row in rows])
    _renew(connection, tenant_id, renewed, at)
    return opened


def _known(
    connection: Connection, tenant_id: str, found: Sequence[NewLeak]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Every leak there is of the root causes asked for: the same occurrence, or one that is open."""
    causes = [*{leak.root_cause for leak in found}]
    column = leaks.c
    query = select(column.leak_id, column.root_cause, column.occurrence, column.closed_at).where(
        column.tenant_id == tenant_id, column.root_cause.in_(causes)
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return {(row["root_cause"], row["occurrence"]): row for row in rows}


def _renew(connection: Connection, tenant_id: str, found: Sequence[NewLeak], at: datetime) -> None:
    if not found:
        return
    statement = (
        update(leaks)
        .where(
            leaks.c.tenant_id == tenant_id,
            leaks.c.leak_id == bindparam("_leak_id"),
            leaks.c.closed_at.is_(None),
            leaks.c.as_of <= bindparam("_as_of"),
        )
        .values({name: bindparam(f"_{name}") for name in (*_FIGURES, "updated_at")})
    )
    changes = [{f"_{name}": getattr(leak, name) for name in _FIGURES} for leak in found]
    ids = (leak_id(tenant_id, leak.root_cause, leak.occurrence) for leak in found)
    rows = [{**change, "_leak_id": one, "_updated_at": at} for one, change in zip(ids, changes, strict=True)]
    connection.execute(statement, rows)


def _close(connection: Connection, tenant_id: str, closings: Sequence[Closing], actor: str, at: datetime) -> list[str]:
    given = {closing.leak_id: closing for closing in closings}
    mine = (leaks.c.tenant_id == tenant_id, leaks.c.closed_at.is_(None))
    column = actions.c
    reached = select(column.leak_id, column.status).where(
        column.tenant_id == tenant_id,
        column.leak_id.in_([*given]),
        column.status.in_(("dispatching", "unknown", "done")),
    )
    acted: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(reached):
        acted[row.leak_id].add(row.status)
    still_open: set[str] = set(connection.scalars(select(leaks.c.leak_id).where(*mine, leaks.c.leak_id.in_([*given]))))
    # What is being done about a leak says how it ends: it ends when that is known.
    ending = [
        closing
        for closing in given.values()
        if closing.leak_id in still_open and not acted[closing.leak_id] & {"dispatching", "unknown"}
    ]
    if not ending:
        return []
    statement = (
        update(leaks)
        .where(*mine, leaks.c.leak_id == bindparam("_leak_id"))
        .values(
            status=bindparam("_status"),
            resolution=bindparam("_resolution"),
            resolved_at=bindparam("_resolved_at"),
            closed_at=at,
            updated_at=at,
        )
    )
    statuses = {one.leak_id: ended_status(one.ends_as, is_acted="done" in acted[one.leak_id]) for one in ending}
    rows = [
        {
            "_leak_id": one.leak_id,
            "_resolution": one.resolution,
            "_resolved_at": one.resolved_at,
            "_status": statuses[one.leak_id],
        }
        for one in ending
    ]
    connection.execute(statement, rows)
    append(connection, [_closed_line(tenant_id, one, statuses[one.leak_id], actor, at) for one in ending])
    return [closing.leak_id for closing in ending]


def _opened_line(row: Mapping[str, Any], actor: str) -> AuditLine:
    detail = {name: row[name] for name in ("root_cause", "occurrence", "currency", "amount_minor", "as_of")}
    return AuditLine(row["tenant_id"], row["opened_at"], actor, "leak_opened", "leak", row["leak_id"], detail)


def _closed_line(tenant_id: str, closing: Closing, status: str, actor: str, at: datetime) -> AuditLine:
    detail = {"status": status, "resolution": closing.resolution, "resolved_at": closing.resolved_at}
    return AuditLine(tenant_id, at, actor, "leak_closed", "leak", closing.leak_id, detail)


def _row(tenant_id: str, leak: NewLeak, at: datetime) -> dict[str, Any]:
    identity = {"leak_id": leak_id(tenant_id, leak.root_cause, leak.occurrence), "tenant_id": tenant_id}
    given = {field.name: getattr(leak, field.name) for field in fields(NewLeak)}
    return {**given, **identity, "status": "open", "closed_at": None, "opened_at": at, "updated_at": at}
