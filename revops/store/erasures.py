"""Who was erased: kept for ever, so that it stays so."""

import json
import secrets
from dataclasses import replace

from sqlalchemy import Column, Connection, ForeignKeyConstraint, Table, Text, insert, select, update

from revops.domain.erasure import Erasure
from revops.store.metadata import metadata
from revops.store.security_log import SecurityLine, append
from revops.store.store import Store
from revops.store.types import UtcDateTime

# `marks` is JSON: accounts, and digests of addresses and domains.
erasures = Table(
    "erasures",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("salt", Text, nullable=False),
    Column("marks", Text, nullable=False),
    Column("erased_by", Text, nullable=False),
    Column("erased_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
)
_MARKS = ("accounts", "email_digests", "domain_digests")
_SALT_BYTES = 16


class Erasures:
    """Reading and adding; nothing takes an erasure back."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, tenant_id: str) -> list[Erasure]:
        """A tenant's erasures, by customer."""
        query = select(erasures).where(erasures.c.tenant_id == tenant_id).order_by(erasures.c.customer_id)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(query).mappings().all()
        return [_erasure(row["customer_id"], row["salt"], row["marks"], row["erased_at"]) for row in rows]

    def salt(self, tenant_id: str) -> str:
        """What the tenant's digests are made with; a fresh one before the first erasure."""
        known = self.read(tenant_id)
        return known[0].salt if known else secrets.token_hex(_SALT_BYTES)

    def add(self, tenant_id: str, erasure: Erasure, *, actor: str) -> Erasure:
        """Add an erasure, or what is newly known to one, with a line in the security log; what holds now."""
        with self._store.tenant(tenant_id) as connection:
            whole = self._put(connection, tenant_id, erasure, actor)
            detail = {"customer_id": erasure.customer_id}
            append(connection, SecurityLine(tenant_id, erasure.erased_at, actor, "erased", None, detail))
        return whole

    def _put(self, connection: Connection, tenant_id: str, erasure: Erasure, actor: str) -> Erasure:
        mine = (erasures.c.tenant_id == tenant_id, erasures.c.customer_id == erasure.customer_id)
        row = connection.execute(select(erasures).where(*mine)).mappings().one_or_none()
        if row is None:
            values = {"salt": erasure.salt, "marks": _as_json(erasure), "erased_by": actor}
            given = {"tenant_id": tenant_id, "customer_id": erasure.customer_id, "erased_at": erasure.erased_at}
            connection.execute(insert(erasures).values(**given, **values))
            return erasure
        known = _erasure(row["customer_id"], row["salt"], row["marks"], row["erased_at"])
        whole = replace(
            known,
            accounts=_both(known.accounts, erasure.accounts),
            email_digests=_both(known.email_digests, erasure.email_digests),
            domain_digests=_both(known.domain_digests, erasure.domain_digests),
        )
        connection.execute(update(erasures).where(*mine).values(marks=_as_json(whole)))
        return whole


def _erasure(customer_id: str, salt: str, marks: str, erased_at: object) -> Erasure:
    told = {name: tuple(texts) for name, texts in json.loads(marks).items()}
    return Erasure(customer_id=customer_id, salt=salt, erased_at=erased_at, **told)  # type: ignore[arg-type]


def _as_json(erasure: Erasure) -> str:
    return json.dumps({name: getattr(erasure, name) for name in _MARKS}, sort_keys=True)


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))
