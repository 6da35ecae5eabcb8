"""The companies whose revenue is watched."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from revops.errors import RevopsError
from revops.settings import TENANT
from revops.store.security_log import SecurityLine, append
from revops.store.store import Store
from revops.store.tables import integrations, tenants

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# A tenant has a folder of its name in LEAKS_HOME; these are somebody else's there.
_TAKEN = frozenset(("backups", "dagster", "demo"))


class TenantError(RevopsError):
    """The tenant cannot be had."""

    exit_code = 2


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
        if tenant_id == TENANT:
            raise TenantError(f"The tenant {TENANT} is always there and cannot be removed.")
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


def check_tenant_id(tenant_id: str) -> None:
    """Raise TenantError unless the text can be a tenant's id, and so a folder, a path and an address."""
    if not _SLUG.fullmatch(tenant_id):
        raise TenantError(
            f"{tenant_id!r} is no tenant id: write 1 to 40 of a-z, 0-9 and -, the first a letter or digit."
        )
    if tenant_id in _TAKEN:
        raise TenantError(f"{tenant_id} is the name of a folder in LEAKS_HOME; choose another tenant id.")


def require(connection: Connection, tenant_id: str) -> Tenant:
    """The tenant, whose row stays locked to the end of a writing transaction. Raises TenantError.

    Who takes it first does not meet another halfway; rows that refer to the tenant may be added meanwhile.
    """
    tenant = _find(connection, tenant_id, is_locking=True)
    if tenant is None:
        raise TenantError(f"There is no tenant {tenant_id}. `leaks tenants list` shows all, `leaks tenants add` adds.")
    return tenant


def _find(connection: Connection, tenant_id: str, *, is_locking: bool = False) -> Tenant | None:
    query = select(tenants).where(tenants.c.tenant_id == tenant_id)
    # SQLite's writer has the whole file, and FOR NO KEY UPDATE is left out there.
    query = query.with_for_update(key_share=True) if is_locking else query
    row = connection.execute(query).mappings().one_or_none()
    return Tenant(**row) if row else None
