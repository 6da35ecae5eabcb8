"""The salt of a tenant's hold-out: made once, so that who is left alone stays so."""

import secrets
from datetime import datetime

from sqlalchemy import select

from revops.store.letter_tables import holdout_salts
from revops.store.rows import insert_into
from revops.store.store import Store
from revops.store.tenants import require

_BYTES = 16


def holdout_salt(store: Store, tenant_id: str, at: datetime) -> str:
    """The tenant's salt, made on the first request. An unknown tenant raises TenantError."""
    query = select(holdout_salts.c.salt).where(holdout_salts.c.tenant_id == tenant_id)
    with store.tenant(tenant_id, is_read_only=True) as connection:
        known: str | None = connection.scalar(query)
    if known is not None:
        return known
    row = {"tenant_id": tenant_id, "salt": secrets.token_hex(_BYTES), "created_at": at}
    with store.tenant(tenant_id) as connection:
        require(connection, tenant_id)
        connection.execute(insert_into(connection, holdout_salts).values(row).on_conflict_do_nothing())
        salt: str = connection.execute(query).scalar_one()
    return salt
