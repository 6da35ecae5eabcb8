"""A person's "not this one" and "this is mine", which apply at once and are signed like every decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from revops.domain.decision import Change, DecisionRefusedError
from revops.domain.decision_record import Entry
from revops.domain.leak import Leak
from revops.domain.person import Person
from revops.store.action_rows import actions_where
from revops.store.actions import Actions
from revops.store.audit import AuditLine
from revops.store.audit import append as append_audit
from revops.store.decisions import append
from revops.store.people_tables import suppressions
from revops.store.rows import new_id
from revops.store.signing_keys import Signer
from revops.store.store import Store
from revops.store.tables import actions, leaks
from revops.store.tenants import require


@dataclass(frozen=True)
class Suppression:
    """A root cause that is no leak until a time; None: until somebody lifts it."""

    suppression_id: str
    root_cause: str
    leak_id: str
    reason: str
    created_by: str
    created_at: datetime
    until: datetime | None
    lifted_at: datetime | None


class Suppressions:
    """Dismissing leaks, taking that back, and who cares for them."""

    def __init__(self, store: Store, signer: Signer, kept: Actions) -> None:
        self._store = store
        self._signer = signer
        self._actions = kept

    def dismiss(
        self,
        tenant_id: str,
        leak_id: str,
        *,
        person: Person,
        channel: str,
        reason: str,
        until: datetime | None,
        at: datetime,
    ) -> Leak:
        """End an open leak and keep its root cause from opening another until a time.

        What waits for a decision or its time is withdrawn. Raises DecisionRefusedError for a leak that has ended, is
        none of the tenant's, or is being acted on this moment.
        """
        with self._store.tenant(tenant_id) as connection:
            leak = _open_leak(connection, tenant_id, leak_id)
            for action in actions_where(connection, tenant_id, actions.c.leak_id == leak_id):
                if action.status in ("dispatching", "unknown"):
                    raise DecisionRefusedError(
                        "already_decided", "It is being carried out this moment; wait for its outcome."
                    )
                if action.status in ("drafted", "approved"):
                    ending = {"ended_at": at, "reason": "The leak was dismissed.", "lease_until": None}
                    change = Change("withdraw", ending, person=person, channel=channel, data={"why": "dismissed"})
                    self._actions.apply(connection, action, change, at=at)
            row = {
                "suppression_id": new_id("sup"),
                "tenant_id": tenant_id,
                "root_cause": leak.root_cause,
                "leak_id": leak_id,
                "reason": reason,
                "created_by": person.person_id,
                "created_at": at,
                "until": until,
            }
            connection.execute(insert(suppressions).values(row))
            ended = {"status": "dismissed", "resolution": "dismissed", "closed_at": at, "resolved_at": at}
            data = {"until": until.isoformat(timespec="seconds") if until else None}
            return self._change(connection, leak, "dismiss", ended, data, person, channel, at, note=reason)

    def lift(self, tenant_id: str, suppression_id: str, *, person: Person, channel: str, at: datetime) -> None:
        """Let a root cause leak again; what still does opens with the next findings.

        Raises DecisionRefusedError for a suppression that there is not.
        """
        mine = (suppressions.c.tenant_id == tenant_id, suppressions.c.suppression_id == suppression_id)
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            lifted = update(suppressions).where(*mine, suppressions.c.lifted_at.is_(None)).values(lifted_at=at)
            leak_id = connection.scalar(lifted.returning(suppressions.c.leak_id))
            if leak_id is None:
                raise DecisionRefusedError("unknown_action", "There is no such suppression here.")
            data: dict[str, Any] = {"suppression": suppression_id}
            self._record(connection, tenant_id, leak_id, "lift", data, person, channel, at, None)

    def assign(
        self, tenant_id: str, leak_id: str, owner: str | None, *, person: Person, channel: str, at: datetime
    ) -> Leak:
        """Say who cares for an open leak. Raises DecisionRefusedError as `dismiss` does."""
        with self._store.tenant(tenant_id) as connection:
            leak = _open_leak(connection, tenant_id, leak_id)
            # The owner is a person: the record says only that there is one, and who it is lies apart like a note, where
            # it can be erased. The audit, which nobody changes, says no more than the record.
            data = {"has_owner": owner is not None}
            return self._change(connection, leak, "assign", {"owner": owner}, data, person, channel, at, note=owner)

    def read(self, tenant_id: str) -> list[Suppression]:
        """Every suppression that was not lifted, oldest first."""
        return read_suppressions(self._store, tenant_id)

    def _change(
        self,
        connection: Connection,
        leak: Leak,
        verb: str,
        values: dict[str, Any],
        data: dict[str, Any],
        person: Person,
        channel: str,
        at: datetime,
        *,
        note: str | None,
    ) -> Leak:
        mine = (leaks.c.tenant_id == leak.tenant_id, leaks.c.leak_id == leak.leak_id)
        row = connection.execute(
            update(leaks).where(*mine).values(**values, updated_at=at).returning(*leaks.c)
        ).mappings()
        changed = Leak(**row.one())
        # Actions that were withdrawn with it have moved the leak already.
        data = {**data, "from": leak.status, "to": changed.status}
        self._record(connection, leak.tenant_id, leak.leak_id, verb, data, person, channel, at, note)
        return changed

    def _record(
        self,
        connection: Connection,
        tenant_id: str,
        leak_id: str,
        verb: str,
        data: dict[str, Any],
        person: Person,
        channel: str,
        at: datetime,
        note: str | None,
    ) -> None:
        entry = Entry(
            kind=f"leak.{verb}",
            subject_type="leak",
            subject_id=leak_id,
            version=None,
            version_hash=None,
            actor_id=person.person_id,
            actor_role=person.role,
            channel=channel,
            data=data,
            note=note,
        )
        append(connection, self._signer, tenant_id, entry, at)
        line = AuditLine(tenant_id, at, person.person_id, f"leak_{verb}", "leak", leak_id, data)
        append_audit(connection, [line])


def read_suppressions(store: Store, tenant_id: str) -> list[Suppression]:
    """Every suppression that was not lifted, oldest first; reading needs no key that signs."""
    names = Suppression.__dataclass_fields__
    query = (
        select(*(suppressions.c[name] for name in names))
        .where(suppressions.c.tenant_id == tenant_id, suppressions.c.lifted_at.is_(None))
        .order_by(suppressions.c.created_at, suppressions.c.suppression_id)
    )
    with store.tenant(tenant_id, is_read_only=True) as connection:
        return [Suppression(**row) for row in connection.execute(query).mappings()]


def suppressed_causes(store: Store, tenant_id: str, at: datetime) -> set[str]:
    """Root causes that are no leak now."""
    column = suppressions.c
    query = select(column.root_cause).where(
        column.tenant_id == tenant_id,
        column.lifted_at.is_(None),
        or_(column.until.is_(None), column.until > at),
    )
    with store.tenant(tenant_id, is_read_only=True) as connection:
        return set(connection.scalars(query))


def _open_leak(connection: Connection, tenant_id: str, leak_id: str) -> Leak:
    require(connection, tenant_id)
    mine = (leaks.c.tenant_id == tenant_id, leaks.c.leak_id == leak_id)
    row = connection.execute(select(leaks).where(*mine).with_for_update()).mappings().first()
    if row is None:
        raise DecisionRefusedError("unknown_action", "There is no such leak here.")
    leak = Leak(**row)
    if leak.closed_at is not None:
        raise DecisionRefusedError("already_decided", f"It has ended already: {leak.status.replace('_', ' ')}.")
    return leak
