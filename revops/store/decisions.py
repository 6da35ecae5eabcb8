"""A tenant's chain of decision records.

`append` is called inside the transaction that decides, so a decision and its record exist together or not at all. One
appends at a time per tenant: it holds the tenant's row, as who writes leaks does, so that the two lock nothing in
opposite order. Who locks other rows of the tenant takes the tenant's row (`tenants.require`) before them.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from revops.domain.decision_record import (
    Actor,
    DecisionRecord,
    Entry,
    Part,
    SignedRecord,
    Subject,
    canonical,
    part_hash,
    read,
    seal,
    without_half_characters,
)
from revops.domain.kept_records import KeptRecord, Personal
from revops.store.decision_tables import decision_people, decision_personal, decision_records
from revops.store.rows import new_id
from revops.store.signing_keys import Signer
from revops.store.store import Store
from revops.store.tenants import require

_SALT_BYTES = 16
_PAGE = 500


def append(connection: Connection, signer: Signer, tenant_id: str, entry: Entry, at: datetime) -> SignedRecord:
    """Add a record to the tenant's chain within the transaction of what it records.

    Raises TenantError, SecretKeyError where the tenant's key cannot be decrypted, and DecisionRecordError where the
    data cannot be spelled (floats).
    """
    require(connection, tenant_id)
    key = signer.key(connection, tenant_id, at)
    number, previous_hash = _head(connection, tenant_id)
    actor_id = pseudonym(connection, tenant_id, entry.actor_id) if entry.is_by_person else entry.actor_id
    apart = _apart(entry)
    record = DecisionRecord(
        tenant_id=tenant_id,
        number=number + 1,
        at=at,
        kind=entry.kind,
        subject=Subject(entry.subject_type, entry.subject_id, entry.version, entry.version_hash),
        actor=Actor(actor_id, entry.actor_role, entry.channel),
        data=entry.data,
        personal={one.part: part_hash(one.salt, one.content) for one in apart if one.salt and one.content},
        previous_hash=previous_hash,
        key_id=key.key_id,
    )
    signed = seal(record, key.private)
    connection.execute(insert(decision_records).values(_row(signed)))
    if apart:
        rows = [{"tenant_id": tenant_id, "number": record.number, **vars(one)} for one in apart]
        connection.execute(insert(decision_personal), rows)
    return signed


def pseudonym(connection: Connection, tenant_id: str, person_id: str) -> str:
    """The name under which a person stands in the tenant's records; random, and the same each time."""
    person = decision_people.c
    query = select(person.pseudonym).where(person.tenant_id == tenant_id, person.person_id == person_id)
    known: str | None = connection.scalar(query)
    if known is not None:
        return known
    row = {"tenant_id": tenant_id, "pseudonym": new_id("person"), "person_id": person_id}
    connection.execute(insert(decision_people).values(row))
    return row["pseudonym"]


class Decisions:
    """Reading a tenant's records, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, tenant_id: str, *, since: datetime | None = None, after: int = 0) -> Iterator[KeptRecord]:
        """Every record after a number, decided at a time or later; page by page, no transaction stays open."""
        record = decision_records.c
        mine = [record.tenant_id == tenant_id, *([record.at >= since] if since is not None else [])]
        while True:
            query = select(decision_records).where(*mine, record.number > after).order_by(record.number).limit(_PAGE)
            with self._store.tenant(tenant_id, is_read_only=True) as connection:
                rows = connection.execute(query).mappings().all()
                apart = _read_apart(connection, tenant_id, rows)
            yield from (_kept(row, apart.get(row["number"], ())) for row in rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1]["number"]

    def newest(
        self, tenant_id: str, limit: int, *, since: datetime | None = None, about: str | None = None
    ) -> list[KeptRecord]:
        """The last records, oldest first; of one subject by its id, decided at a time or later."""
        record = decision_records.c
        query = select(decision_records).where(record.tenant_id == tenant_id).order_by(record.number.desc())
        if since is not None:
            query = query.where(record.at >= since)
        if about is not None:
            query = query.where(record.subject_id == about)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(query.limit(limit)).mappings().all()[::-1]
            apart = _read_apart(connection, tenant_id, rows)
        return [_kept(row, apart.get(row["number"], ())) for row in rows]


def _head(connection: Connection, tenant_id: str) -> tuple[int, str | None]:
    record = decision_records.c
    query = select(record.number, record.hash).where(record.tenant_id == tenant_id).order_by(record.number.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return (row.number, row.hash) if row else (0, None)


def _apart(entry: Entry) -> list[Personal]:
    given: dict[Part, str | None] = {"actor": entry.actor_id if entry.is_by_person else None, "note": entry.note}
    return [
        Personal(part, secrets.token_hex(_SALT_BYTES), canonical(without_half_characters(text)))
        for part, text in given.items()
        if text is not None
    ]


def _row(signed: SignedRecord) -> dict[str, Any]:
    record = signed.record
    return {
        "tenant_id": record.tenant_id,
        "number": record.number,
        "at": read(signed.text).at,
        "kind": record.kind,
        "subject_type": record.subject.type,
        "subject_id": record.subject.id,
        "record": signed.text,
        "hash": signed.hash,
        "signature": signed.signature,
    }


def _read_apart(connection: Connection, tenant_id: str, rows: Any) -> dict[int, tuple[Personal, ...]]:
    if not rows:
        return {}
    part = decision_personal.c
    between = part.number.between(rows[0]["number"], rows[-1]["number"])
    query = select(decision_personal).where(part.tenant_id == tenant_id, between).order_by(part.number, part.part)
    found: dict[int, tuple[Personal, ...]] = {}
    for row in connection.execute(query):
        found[row.number] = (*found.get(row.number, ()), Personal(row.part, row.salt, row.content))
    return found


def _kept(row: RowMapping, personal: tuple[Personal, ...]) -> KeptRecord:
    columns = {name: row[name] for name in ("tenant_id", "at", "kind", "subject_type", "subject_id")}
    return KeptRecord(row["number"], row["record"], row["hash"], row["signature"], personal, columns)
