"""Letters as they were drafted; a letter never changes, so what was approved is what is sent."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update

from revops.domain.kept_letter import KeptLetter, NewLetter
from revops.domain.letter import Letter
from revops.store.letter_tables import letters
from revops.store.rows import insert_into, new_id
from revops.store.store import Store
from revops.store.tenants import require

_SALT_BYTES = 16


class Letters:
    """Keeping and reading. An unknown tenant raises TenantError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, tenant_id: str, new: NewLetter, at: datetime) -> KeptLetter:
        """Keep a letter; the same words to the same address at the same step are the same letter."""
        column = letters.c
        mine = (column.tenant_id == tenant_id, column.leak_id == new.leak_id, column.step == new.step)
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            same = (*mine, column.digest == new.letter.digest, column.address == new.address)
            row = connection.execute(select(letters).where(*same).order_by(column.created_at)).mappings().first()
            if row is None:
                values = _values(tenant_id, new, at)
                connection.execute(insert_into(connection, letters).values(values))
                row = (
                    connection.execute(
                        select(letters).where(column.tenant_id == tenant_id, column.letter_id == values["letter_id"])
                    )
                    .mappings()
                    .one()
                )
            return _kept(row)

    def get(self, tenant_id: str, letter_id: str) -> KeptLetter | None:
        """A letter of the tenant."""
        return next(iter(self.read(tenant_id, [letter_id])), None)

    def read(self, tenant_id: str, letter_ids: Sequence[str]) -> list[KeptLetter]:
        """Those of these letters that there are."""
        query = select(letters).where(letters.c.tenant_id == tenant_id, letters.c.letter_id.in_(letter_ids))
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return [_kept(row) for row in connection.execute(query).mappings()]

    def of_step(self, tenant_id: str, leak_id: str, step: str) -> list[KeptLetter]:
        """Every version of a step's letter, in the order of writing."""
        column = letters.c
        query = select(letters).where(column.tenant_id == tenant_id, column.leak_id == leak_id, column.step == step)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return [_kept(row) for row in connection.execute(query.order_by(column.created_at)).mappings()]

    def erase(self, tenant_id: str, customer_id: str, at: datetime) -> int:
        """Empty what names a customer; what was approved keeps its hash, and nobody can say any more of what."""
        mine = (letters.c.tenant_id == tenant_id, letters.c.customer_id == customer_id)
        gone: dict[str, Any] = {"salt": None, "address": None, "content": None, "made_by": None, "erased_at": at}
        with self._store.tenant(tenant_id) as connection:
            if not self._store.is_postgres:
                connection.exec_driver_sql("pragma secure_delete = on")
            done = connection.execute(update(letters).where(*mine, letters.c.erased_at.is_(None)).values(gone))
            return done.rowcount


def _values(tenant_id: str, new: NewLetter, at: datetime) -> dict[str, Any]:
    salt = secrets.token_hex(_SALT_BYTES)
    one = new.letter
    content = {
        "subject": one.subject,
        "text": one.text,
        "html": one.html,
        "note": one.note,
        "name": new.name,
        "facts": dict(new.facts),
    }
    return {
        "tenant_id": tenant_id,
        "letter_id": new_id("let"),
        "leak_id": new.leak_id,
        "customer_id": new.customer_id,
        "step": new.step,
        "topic": one.topic,
        "language": one.language,
        "written_by": one.written_by,
        "digest": one.digest,
        "recipient": hashlib.sha256(f"{salt}|{new.address}".encode()).hexdigest(),
        "salt": salt,
        "address": new.address,
        "content": json.dumps(content, sort_keys=True, ensure_ascii=False),
        "made_by": json.dumps(dict(new.made_by), sort_keys=True, ensure_ascii=False) if new.made_by else None,
        "created_at": at,
    }


def _kept(row: RowMapping) -> KeptLetter:
    content = json.loads(row["content"]) if row["content"] else None
    letter = None
    if content is not None:
        letter = Letter(
            topic=row["topic"],
            language=row["language"],
            subject=content["subject"],
            text=content["text"],
            html=content["html"],
            written_by=row["written_by"],
            note=content["note"],
        )
    return KeptLetter(
        letter_id=row["letter_id"],
        leak_id=row["leak_id"],
        customer_id=row["customer_id"],
        step=row["step"],
        digest=row["digest"],
        recipient=row["recipient"],
        letter=letter,
        address=row["address"],
        name=content["name"] if content else None,
        created_at=row["created_at"],
        facts=content["facts"] if content else {},
    )
