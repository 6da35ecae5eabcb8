"""Actions: drafted once, changed by legal transitions alone, each change with its record in one transaction.

What decides a change is a pure function that is given the action as it is under the lock; so two who decide in one
second are one after the other, and the second sees what the first did. With the change go the signed record, the
audit's line, the leak's status and the message to those who watch; none of them exists without the others.
"""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from revops.domain.action import UNSETTLED, Action, ActionStatus, Draft, action_id
from revops.domain.action_states import after
from revops.domain.decision import Change, DecisionRefusedError
from revops.domain.decision_record import Entry
from revops.domain.leak import Leak
from revops.store.action_rows import action_of, actions_where, approvals_of, draft_values
from revops.store.audit import AuditLine
from revops.store.audit import append as append_audit
from revops.store.decisions import append
from revops.store.outbox import put
from revops.store.people_tables import action_approvals
from revops.store.rows import groups
from revops.store.signing_keys import Signer
from revops.store.store import Store
from revops.store.tables import actions, leaks
from revops.store.tenants import require

SYSTEM = "system"
CHANGED = "action_changed"
_GROUP = 500
_ACTING: frozenset[ActionStatus] = frozenset(("approved", "dispatching", "unknown"))
_ENDED: frozenset[ActionStatus] = frozenset(
    ("done", "failed", "denied", "superseded", "expired", "withdrawn", "handed_over", "rehearsed")
)


class Actions:
    """A tenant's actions. An unknown tenant raises TenantError."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store = store
        self._signer = signer

    def draft(self, leak: Leak, draft: Draft, *, expires_at: datetime, at: datetime) -> Action | None:
        """Propose a step for an open leak; None where the leak has ended or one that moves money is open already.

        The n-th action of a kind has the same id whoever drafts it, so drafting twice is drafting once.
        """
        tenant_id = leak.tenant_id
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            if not _is_open(connection, tenant_id, leak.leak_id):
                return None
            mine = (actions.c.tenant_id == tenant_id, actions.c.leak_id == leak.leak_id, actions.c.kind == draft.kind)
            number = connection.scalar(select(func.count()).select_from(actions).where(*mine)) or 0
            unsettled = actions_where(
                connection,
                tenant_id,
                actions.c.root_cause == leak.root_cause,
                actions.c.status.in_(UNSETTLED),
            )
            if any(
                one.draft.moves_money == draft.moves_money and one.draft.kind == draft.kind for one in unsettled
            ) or (draft.moves_money and any(one.draft.moves_money for one in unsettled)):
                return None
            action = Action(
                action_id=action_id(tenant_id, leak.leak_id, draft.kind, number + 1),
                tenant_id=tenant_id,
                leak_id=leak.leak_id,
                root_cause=leak.root_cause,
                draft=draft,
                version=1,
                status="drafted",
                proposed_by=SYSTEM,
                expires_at=expires_at,
                created_at=at,
                updated_at=at,
                changes=1,
            )
            connection.execute(insert(actions).values(_new_row(action)))
            self._note(connection, action, "draft", None, Change("renew"), at)
            return action

    def change(
        self, tenant_id: str, action_id: str, decide: Callable[[Action], Change | None], *, at: datetime
    ) -> Action:
        """Let `decide` look at the action under its lock and say what changes; None changes nothing.

        Returns the action as it is then. Raises what `decide` raises, IllegalTransitionError, and
        DecisionRefusedError for an action that is none of this tenant's.
        """
        with self._store.tenant(tenant_id) as connection:
            # The tenant's row before others of it, as everybody who appends to its chain does.
            require(connection, tenant_id)
            held = _locked(connection, tenant_id, action_id)
            change = decide(held)
            if change is None:
                return held
            return self.apply(connection, held, change, at=at)

    def apply(self, connection: Connection, held: Action, change: Change, *, at: datetime) -> Action:
        """Make a change within the caller's transaction, in which the action was read under its lock."""
        status = after(held.status, change.transition)
        if change.transition in ("approve", "begin") and not _is_open(connection, held.tenant_id, held.leak_id):
            raise DecisionRefusedError("already_decided", "The leak has ended meanwhile; nothing is left to be done.")
        values: dict[str, Any] = {
            **{name: _plain(value) for name, value in change.values.items()},
            "status": status,
            "changes": held.changes + 1,
            "updated_at": at,
        }
        if change.draft is not None:
            values |= {**draft_values(change.draft), "version": held.version + 1}
        if status in _ENDED:
            values.setdefault("ended_at", at)
        mine = (actions.c.tenant_id == held.tenant_id, actions.c.action_id == held.action_id)
        connection.execute(update(actions).where(*mine, actions.c.changes == held.changes).values(values))
        if change.approval is not None:
            _add_approval(connection, held, change)
        elif change.transition == "undo" or change.draft is not None:
            # A yes counts for what was seen then, also where a later version says the same again.
            approved = action_approvals.c
            connection.execute(
                delete(action_approvals).where(
                    approved.tenant_id == held.tenant_id, approved.action_id == held.action_id
                )
            )
        (changed,) = actions_where(connection, held.tenant_id, actions.c.action_id == held.action_id)
        self._note(connection, changed, change.transition, held.status, change, at)
        return changed

    def get(self, tenant_id: str, action_id: str) -> Action | None:
        """An action of the tenant."""
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return next(iter(actions_where(connection, tenant_id, actions.c.action_id == action_id)), None)

    def read(
        self, tenant_id: str, *, statuses: Collection[ActionStatus] | None = None, limit: int | None = None
    ) -> list[Action]:
        """A tenant's actions, all or those of some statuses, in the order in which they were drafted."""
        conditions = () if statuses is None else (actions.c.status.in_(statuses),)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return actions_where(connection, tenant_id, *conditions, limit=limit)

    def of_leaks(self, tenant_id: str, leak_ids: Sequence[str]) -> list[Action]:
        """Everything that was ever proposed for leaks."""
        found: list[Action] = []
        for group in groups(leak_ids, _GROUP):
            with self._store.tenant(tenant_id, is_read_only=True) as connection:
                found += actions_where(connection, tenant_id, actions.c.leak_id.in_(group))
        return found

    def tenants_with(self, statuses: Collection[ActionStatus]) -> list[str]:
        """Tenants that have an action of one of these statuses."""
        query = select(actions.c.tenant_id).where(actions.c.status.in_(statuses)).distinct()
        with self._store.everyone(is_read_only=True) as connection:
            return sorted(connection.scalars(query))

    def claim(self, tenant_id: str, at: datetime, lease: timedelta) -> Action | None:
        """The approved action that is due the longest; nobody else gets it until the lease runs out.

        The fencing token tells this claim from any other. An action whose undo window is open is not due.
        """
        column = actions.c
        due = (
            select(column.action_id)
            .where(
                column.tenant_id == tenant_id,
                column.status == "approved",
                or_(column.not_before.is_(None), column.not_before <= at),
                or_(column.undo_until.is_(None), column.undo_until <= at),
                or_(column.snoozed_until.is_(None), column.snoozed_until <= at),
                or_(column.lease_until.is_(None), column.lease_until <= at),
                column.expires_at > at,
            )
            .order_by(column.not_before, column.created_at, column.action_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._store.tenant(tenant_id) as connection:
            found = connection.scalar(due)
            if found is None:
                return None
            mine = (column.tenant_id == tenant_id, column.action_id == found)
            claimed = {"lease_until": at + lease, "fencing_token": column.fencing_token + 1}
            connection.execute(update(actions).where(*mine).values(claimed))
            return next(iter(actions_where(connection, tenant_id, column.action_id == found)))

    def put_off(self, action: Action, until: datetime) -> None:
        """Leave a claimed action alone until a time, if the claim still holds; that is no change worth a record."""
        column = actions.c
        mine = (column.tenant_id == action.tenant_id, column.action_id == action.action_id)
        with self._store.tenant(action.tenant_id) as connection:
            connection.execute(
                update(actions)
                .where(*mine, column.fencing_token == action.fencing_token, column.status == "approved")
                .values(lease_until=None, snoozed_until=until)
            )

    def _note(
        self,
        connection: Connection,
        action: Action,
        transition: str,
        before: ActionStatus | None,
        change: Change,
        at: datetime,
    ) -> None:
        _follow(connection, action, at)
        person = change.person
        data = {
            **change.data,
            "from": before,
            "to": action.status,
            "version": action.version,
            "version_hash": action.version_hash,
            "leak_id": action.leak_id,
        }
        entry = Entry(
            kind=f"action.{transition}",
            subject_type="action",
            subject_id=action.action_id,
            version=action.version,
            version_hash=action.version_hash,
            actor_id=person.person_id if person else SYSTEM,
            actor_role=person.role if person else SYSTEM,
            channel=change.channel,
            data=data,
            note=change.note,
        )
        append(connection, self._signer, action.tenant_id, entry, at)
        actor = person.person_id if person else SYSTEM
        line = AuditLine(action.tenant_id, at, actor, f"action_{transition}", "action", action.action_id, data)
        append_audit(connection, [line])
        put(
            connection,
            action.tenant_id,
            kind=CHANGED,
            key=f"{CHANGED}:{action.action_id}:{action.changes}",
            payload={
                "action_id": action.action_id,
                "how": transition,
                "status": action.status,
                "version": action.version,
            },
            at=at,
        )


def _locked(connection: Connection, tenant_id: str, action_id: str) -> Action:
    mine = (actions.c.tenant_id == tenant_id, actions.c.action_id == action_id)
    row = connection.execute(select(actions).where(*mine).with_for_update()).mappings().first()
    if row is None:
        raise DecisionRefusedError("unknown_action", "There is no such proposal here.")
    return action_of(row, approvals_of(connection, tenant_id, [action_id]).get(action_id, ()))


def _is_open(connection: Connection, tenant_id: str, leak_id: str) -> bool:
    mine = (leaks.c.tenant_id == tenant_id, leaks.c.leak_id == leak_id)
    return connection.scalar(select(leaks.c.closed_at.is_(None)).where(*mine).with_for_update()) is True


def _new_row(action: Action) -> dict[str, Any]:
    names = (
        "action_id tenant_id leak_id root_cause version status proposed_by expires_at created_at updated_at changes "
        "fencing_token"
    )
    return {**draft_values(action.draft), **{name: getattr(action, name) for name in names.split()}}


def _add_approval(connection: Connection, held: Action, change: Change) -> None:
    given = change.approval
    assert given is not None  # noqa: S101 - the caller looked
    row = {"tenant_id": held.tenant_id, "action_id": held.action_id, "version_hash": held.version_hash}
    connection.execute(insert(action_approvals).values({**row, **vars(given)}))


def _follow(connection: Connection, action: Action, at: datetime) -> None:
    """An open leak's status follows its actions."""
    mine = (leaks.c.tenant_id == action.tenant_id, leaks.c.leak_id == action.leak_id, leaks.c.closed_at.is_(None))
    status = _leak_status(connection, action)
    before = connection.scalar(select(leaks.c.status).where(*mine))
    if before is None or before == status:
        return
    connection.execute(update(leaks).where(*mine).values(status=status, updated_at=at))
    detail = {"from": before, "to": status, "action_id": action.action_id}
    append_audit(connection, [AuditLine(action.tenant_id, at, SYSTEM, "leak_changed", "leak", action.leak_id, detail)])


def _leak_status(connection: Connection, action: Action) -> str:
    """Acting while any of its actions is under way, or has brought money that Stripe's data do not show yet."""
    mine = (actions.c.tenant_id == action.tenant_id, actions.c.leak_id == action.leak_id)
    query = select(actions.c.status, actions.c.moves_money).where(*mine)
    standing = connection.execute(query).all()
    if any(status in _ACTING or (status == "done" and moves_money) for status, moves_money in standing):
        return "acting"
    return "pending_decision" if any(status == "drafted" for status, _ in standing) else "open"


def _plain(value: Any) -> Any:
    """Mappings are kept as JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(value, dict) else value
