"""The companies whose revenue is watched."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from revops.domain.tenant_id import TenantError, check_tenant_id
from revops.settings import TENANT
from revops.store.security_log import SecurityLine, append
from revops.store.store import Store
from revops.store.tables import integrations, tenants


@dataclass(frozen=True)
class Tenant:
    """A tenant; one that was removed keeps its rows and is not worked on."""

    tenant_id: str
    name: str
    created_at: datetime
    removed_at: datetime | None


class Tenants:
    """Adding and removing tenants; both may be repeated."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, tenant_id: str, name: str | None, *, actor: str, at: datetime) -> bool:
        """Add a tenant or take back its removal; False where it was there already.

        A name that is given replaces the former. Raises TenantError where the id is none.
        """
        check_tenant_id(tenant_id)
        with self._store.tenant(tenant_id) as connection:
            known = _find(connection, tenant_id)
            if known is None:
                row = {"tenant_id": tenant_id, "name": name or tenant_id, "created_at": at}
                connection.execute(insert(tenants).values(row))
            elif known.removed_at is not None or (name is not None and name != known.name):
                mine = tenants.c.tenant_id == tenant_id
                connection.execute(update(tenants).where(mine).values(removed_at=None, name=name or known.name))
            if known is not None and known.removed_at is None:
                return False
            append(connection, SecurityLine(tenant_id, at, actor, "tenant_added"))
            return True

    def remove(self, tenant_id: str, *, actor: str, at: datetime) -> bool:
        """Mark a tenant as removed, disconnect its integrations, forget their credentials.

        Leaks, decisions and logs stay. False where it was removed before. Raises TenantError for an unknown
        tenant and for `default`.
        """
        check_removable(tenant_id)
        with self._store.tenant(tenant_id) as connection:
            if require(connection, tenant_id).removed_at is not None:
                return False
            connection.execute(update(tenants).where(tenants.c.tenant_id == tenant_id).values(removed_at=at))
            connection.execute(
                update(integrations)
                .where(integrations.c.tenant_id == tenant_id)
                .values(
                    status="disconnected",
                    reason="tenant removed",
                    credentials=None,
                    webhook_secrets=None,
                    updated_at=at,
                )
            )
            append(connection, SecurityLine(tenant_id, at, actor, "tenant_removed"))
            return True

    def require(self, tenant_id: str) -> Tenant:
        """A tenant that is worked on. Raises TenantError for an unknown one and for one that was removed."""
        tenant = self.known(tenant_id)
        if tenant.removed_at is not None:
            raise TenantError(f"{tenant_id} was removed. `leaks tenants add {tenant_id}` takes it back.")
        return tenant

    def known(self, tenant_id: str) -> Tenant:
        """A tenant, removed or not. Raises TenantError for an unknown one."""
        tenant = self.get(tenant_id)
        if tenant is None:
            raise _unknown(tenant_id)
        return tenant

    def get(self, tenant_id: str) -> Tenant | None:
        """A tenant, removed or not."""
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return _find(connection, tenant_id)

    def read(self, *, with_removed: bool = False) -> list[Tenant]:
        """Every tenant, by id."""
        query = select(tenants).order_by(tenants.c.tenant_id)
        if not with_removed:
            query = query.where(tenants.c.removed_at.is_(None))
        with self._store.everyone(is_read_only=True) as connection:
            return [Tenant(**row) for row in connection.execute(query).mappings()]


def check_removable(tenant_id: str) -> None:
    """Raise TenantError for `default`, which is always there."""
    if tenant_id == TENANT:
        raise TenantError(f"The tenant {TENANT} is always there and cannot be removed.")


def require(connection: Connection, tenant_id: str) -> Tenant:
    """The tenant, whose row stays locked to the end of a writing transaction. Raises TenantError.

    Who takes it first does not meet another halfway; rows that refer to the tenant may be added meanwhile.
    """
    tenant = _find(connection, tenant_id, is_locking=True)
    if tenant is None:
        raise _unknown(tenant_id)
    return tenant


def _unknown(tenant_id: str) -> TenantError:
    return TenantError(f"There is no tenant {tenant_id}. `leaks tenants list` shows all, `leaks tenants add` adds.")


def _find(connection: Connection, tenant_id: str, *, is_locking: bool = False) -> Tenant | None:
    query = select(tenants).where(tenants.c.tenant_id == tenant_id)
    # SQLite's writer has the whole file, and FOR NO KEY UPDATE is left out there.
    query = query.with_for_update(key_share=True) if is_locking else query
    row = connection.execute(query).mappings().one_or_none()
    return Tenant(**row) if row else None
