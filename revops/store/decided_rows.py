"""Leaks and actions as rows for the warehouse: plain values, times naive UTC."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from revops.store.store import Store
from revops.store.tables import actions, leaks

_LEAK = [
    "tenant_id",
    "leak_id",
    "root_cause",
    "occurrence",
    "family",
    "leak_type",
    "object_type",
    "object_id",
    "customer_id",
    "currency",
    "amount_minor",
    "is_alert",
    "status",
    "resolution",
    "opened_at",
    "closed_at",
    "resolved_at",
]
_ACTION = [
    "tenant_id",
    "action_id",
    "leak_id",
    "kind",
    "moves_money",
    "currency",
    "amount_minor",
    "status",
    "created_at",
    "dispatched_at",
    "ended_at",
]


def leak_rows(store: Store, tenant_id: str) -> list[dict[str, Any]]:
    """Every leak of a tenant, open or ended."""
    query = select(*(leaks.c[name] for name in _LEAK)).where(leaks.c.tenant_id == tenant_id).order_by(leaks.c.leak_id)
    with store.tenant(tenant_id, is_read_only=True) as connection:
        return [{name: _plain(value) for name, value in row.items()} for row in connection.execute(query).mappings()]


def action_rows(store: Store, tenant_id: str) -> list[dict[str, Any]]:
    """Every action of a tenant; `collected_minor` is what it brought, None where it brought nothing."""
    names = (*_ACTION, "reason", "outcome")
    query = select(*(actions.c[name] for name in names)).where(actions.c.tenant_id == tenant_id)
    with store.tenant(tenant_id, is_read_only=True) as connection:
        found = connection.execute(query.order_by(actions.c.action_id)).mappings().all()
    rows = []
    for row in found:
        outcome = json.loads(row["outcome"]) if row["outcome"] else {}
        is_paid = outcome.get("how") == "paid"
        rows.append(
            {
                **{name: _plain(row[name]) for name in _ACTION},
                "denied_because": row["reason"] if row["status"] == "denied" else None,
                "outcome": outcome.get("how"),
                "collected_minor": outcome["amount_minor"] if is_paid else None,
                "collected_at": _plain(datetime.fromisoformat(outcome["at"])) if is_paid else None,
                "charge_id": outcome.get("charge"),
            }
        )
    return rows


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
