"""Links that were handed out to connect an account with: each leads to one tenant, once, for a while."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Column, ForeignKeyConstraint, Table, Text, delete, insert, select, update

from revops.domain.tenant_id import TenantError
from revops.store.metadata import metadata
from revops.store.rows import new_id
from revops.store.store import Store
from revops.store.tenants import require
from revops.store.types import UtcDateTime

connect_states = Table(
    "connect_states",
    metadata,
    Column("state_id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
)

# Long enough to tell who comes late that the link was ours.
_KEPT = timedelta(days=90)


class ConnectStates:
    """Handing out and taking back."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def issue(self, tenant_id: str, *, author: str, at: datetime, expires_at: datetime) -> str:
        """A fresh state of a tenant. Raises TenantError."""
        state_id = new_id("state")
        row = {"state_id": state_id, "tenant_id": tenant_id, "author": author}
        with self._store.tenant(tenant_id) as connection:
            if require(connection, tenant_id).removed_at is not None:
                raise TenantError(f"{tenant_id} was removed. Add it again first: `leaks tenants add {tenant_id}`.")
            old = connect_states.c.tenant_id == tenant_id, connect_states.c.expires_at < at - _KEPT
            connection.execute(delete(connect_states).where(*old))
            connection.execute(insert(connect_states).values(**row, created_at=at, expires_at=expires_at))
        return state_id

    def use(self, tenant_id: str, state_id: str, at: datetime) -> Literal["used", "replayed", "expired", "unknown"]:
        """Use a state up; only one of several at once hears `used`."""
        column = connect_states.c
        mine = column.tenant_id == tenant_id, column.state_id == state_id
        fresh = column.used_at.is_(None), column.expires_at > at
        with self._store.tenant(tenant_id) as connection:
            if connection.execute(update(connect_states).where(*mine, *fresh).values(used_at=at)).rowcount == 1:
                return "used"
            row = connection.execute(select(column.used_at).where(*mine)).one_or_none()
        if row is None:
            return "unknown"
        return "replayed" if row.used_at is not None else "expired"

    def author(self, tenant_id: str, state_id: str) -> str:
        """Who handed a state out."""
        column = connect_states.c
        mine = column.tenant_id == tenant_id, column.state_id == state_id
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return str(connection.scalar(select(column.author).where(*mine)))
