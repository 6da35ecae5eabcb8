"""What pages ask of actions. It only reads, so it needs no key that signs."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from revops.domain.action import Action
from revops.store.action_rows import actions_where
from revops.store.store import Store
from revops.store.tables import actions


class ActionViews:
    """A tenant's actions, as pages show them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ended(self, tenant_id: str, *, limit: int) -> list[Action]:
        """Those that ended last, the newest first."""
        column = actions.c
        newest = (
            select(column.action_id)
            .where(column.tenant_id == tenant_id, column.ended_at.is_not(None))
            .order_by(column.ended_at.desc(), column.action_id)
            .limit(limit)
        )
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            ids: Sequence[str] = connection.scalars(newest).all()
            found = {one.action_id: one for one in actions_where(connection, tenant_id, column.action_id.in_(ids))}
        return [found[one] for one in ids]

    def of_ids(self, tenant_id: str, action_ids: Sequence[str]) -> list[Action]:
        """Those of these ids that there are."""
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return actions_where(connection, tenant_id, actions.c.action_id.in_(action_ids))

    def recovered(self, tenant_id: str) -> dict[str, int]:
        """What our actions have brought in, in minor units by currency, as the billing system answered."""
        column = actions.c
        query = select(column.outcome).where(
            column.tenant_id == tenant_id, column.status == "done", column.outcome.is_not(None)
        )
        sums: dict[str, int] = {}
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            texts: Sequence[str] = connection.scalars(query).all()
        for outcome in map(json.loads, texts):
            sums[outcome["currency"]] = sums.get(outcome["currency"], 0) + int(outcome["amount_minor"])
        return sums

    def waiting(self, tenant_id: str, at: datetime) -> int:
        """How many await a decision now; those that come back later are not among them."""
        column = actions.c
        query = select(func.count()).where(
            column.tenant_id == tenant_id,
            column.status == "drafted",
            column.expires_at > at,
            or_(column.snoozed_until.is_(None), column.snoozed_until <= at),
        )
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return connection.scalar(query) or 0
