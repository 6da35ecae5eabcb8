"""Raw bodies of received events, apart from working on them: what an erasure reads, rewrites and deletes."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from revops.store.store import Store
from revops.store.tables import inbox, inbox_bodies

_FILE: Final = "inbox"
_UNFINISHED = ("received", "landed")


class Bodies:
    """The bodies of a tenant's events, page by page: short transactions let the receiver in between."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, tenant_id: str, after: int, limit: int) -> Mapping[int, tuple[bytes, bool]]:
        """The next bodies by sequence, each with whether its event is finished."""
        query = (
            select(inbox_bodies.c.sequence, inbox_bodies.c.body, inbox.c.state)
            .join(inbox, inbox.c.sequence == inbox_bodies.c.sequence)
            .where(inbox_bodies.c.tenant_id == tenant_id, inbox.c.tenant_id == tenant_id)
            .where(inbox_bodies.c.sequence > after)
            .order_by(inbox_bodies.c.sequence)
            .limit(limit)
        )
        with self._store.tenant(tenant_id, file=_FILE, is_read_only=True) as connection:
            rows = connection.execute(query).all()
        return {row.sequence: (row.body, row.state not in _UNFINISHED) for row in rows}

    def replace(self, tenant_id: str, bodies: Mapping[int, bytes | None]) -> None:
        """Write bodies anew, or delete them where there is none; SQLite overwrites what stood there."""
        mine = inbox_bodies.c.tenant_id == tenant_id
        gone = [sequence for sequence, body in bodies.items() if body is None]
        new = [{"which": sequence, "left": body} for sequence, body in bodies.items() if body is not None]
        with self._store.tenant(tenant_id, file=_FILE) as connection:
            if not self._store.is_postgres:
                connection.exec_driver_sql("pragma secure_delete = on")
            if gone:
                connection.execute(delete(inbox_bodies).where(mine, inbox_bodies.c.sequence.in_(gone)))
            if new:
                changed = update(inbox_bodies).where(mine, inbox_bodies.c.sequence == bindparam("which"))
                connection.execute(changed.values(body=bindparam("left")), new)
