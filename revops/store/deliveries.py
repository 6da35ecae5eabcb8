"""How far deliveries have come: what the last events that arrived tell of whether webhooks reach us."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from revops.store.store import Store
from revops.store.tables import inbox

_FILE: Final = "inbox"
# Deliveries come in no order: the newest event is among the last few, not always the last.
_LAST: Final = 100


def newest_delivered(store: Store, tenant_id: str, mode: str) -> datetime | None:
    """When the newest event happened that was delivered to a tenant in this mode; None before the first."""
    last = (
        select(inbox.c.event_created_at)
        .where(inbox.c.tenant_id == tenant_id, inbox.c.integration_mode == mode)
        .order_by(inbox.c.sequence.desc())
        .limit(_LAST)
        .subquery()
    )
    with store.tenant(tenant_id, file=_FILE, is_read_only=True) as connection:
        newest: datetime | None = connection.scalar(select(func.max(last.c.event_created_at)))
    return newest
