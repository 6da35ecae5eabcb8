"""An action as a row and back."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import Connection, RowMapping, select

from revops.domain.action import Action, Approval, Draft
from revops.store.people_tables import action_approvals
from revops.store.tables import actions


def draft_values(draft: Draft) -> dict[str, Any]:
    """The columns that a draft fills."""
    shown = {
        "why": list(draft.why),
        "what_happens": draft.what_happens,
        "amount_reporting_minor": draft.amount_reporting_minor,
    }
    return {
        "kind": draft.kind,
        "moves_money": draft.moves_money,
        "amount_minor": draft.amount_minor,
        "currency": draft.currency,
        "customer_id": draft.customer_id,
        "not_before": draft.not_before,
        "version_hash": draft.version_hash,
        "bound": rfc8785.dumps(draft.bound).decode(),
        "shown": json.dumps(shown, sort_keys=True, ensure_ascii=False),
    }


def approvals_of(connection: Connection, tenant_id: str, action_ids: Sequence[str]) -> dict[str, list[RowMapping]]:
    """Who has approved which version, in the order of time."""
    column = action_approvals.c
    query = (
        select(action_approvals)
        .where(column.tenant_id == tenant_id, column.action_id.in_(action_ids))
        .order_by(column.approved_at, column.person_id)
    )
    found: dict[str, list[RowMapping]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["action_id"], []).append(row)
    return found


def action_of(row: RowMapping, approvals: Iterable[RowMapping]) -> Action:
    """The record; approvals of earlier versions count for nothing."""
    bound, shown = json.loads(row["bound"]), json.loads(row["shown"])
    not_before: str | None = bound["not_before"]
    draft = Draft(
        kind=row["kind"],
        moves_money=row["moves_money"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        customer_id=row["customer_id"],
        not_before=datetime.fromisoformat(not_before) if not_before else None,
        body=bound["body"],
        facts=bound["facts"],
        why=tuple(shown["why"]),
        what_happens=shown["what_happens"],
        amount_reporting_minor=shown["amount_reporting_minor"],
    )
    return Action(
        action_id=row["action_id"],
        tenant_id=row["tenant_id"],
        leak_id=row["leak_id"],
        root_cause=row["root_cause"],
        draft=draft,
        version=row["version"],
        status=row["status"],
        proposed_by=row["proposed_by"],
        expires_at=row["expires_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        changes=row["changes"],
        reason=row["reason"],
        snoozed_until=row["snoozed_until"],
        undo_until=row["undo_until"],
        idempotency_key=row["idempotency_key"],
        request=json.loads(row["request"]) if row["request"] else None,
        outcome=json.loads(row["outcome"]) if row["outcome"] else None,
        lease_until=row["lease_until"],
        fencing_token=row["fencing_token"],
        dispatched_at=row["dispatched_at"],
        ended_at=row["ended_at"],
        approvals=tuple(
            Approval(one["person_id"], one["role"], one["channel"], one["approved_at"])
            for one in approvals
            if one["version_hash"] == row["version_hash"]
        ),
    )


def actions_where(connection: Connection, tenant_id: str, *conditions: Any, limit: int | None = None) -> list[Action]:
    """A tenant's actions, in the order in which they were drafted."""
    query = select(actions).where(actions.c.tenant_id == tenant_id, *conditions)
    rows = connection.execute(query.order_by(actions.c.created_at, actions.c.action_id).limit(limit)).mappings().all()
    given = approvals_of(connection, tenant_id, [row["action_id"] for row in rows])
    return [action_of(row, given.get(row["action_id"], ())) for row in rows]
