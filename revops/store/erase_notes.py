"""What people wrote when they decided about an erased customer goes; the chain of decisions stays whole.

A note cannot be rewritten, because its record holds its hash. So it goes as a whole: each one about the customer's
leaks and actions, whatever it says, and any other that names the person. Who decided stays, and a record says which
notes were erased and by whom.
"""

import json
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection, RowMapping, inspect, select, update

from revops.domain.decision_record import ERASED, Entry
from revops.store.decision_tables import decision_personal, decision_records
from revops.store.decisions import append
from revops.store.errors import SecretKeyError
from revops.store.signing_keys import Signer
from revops.store.store import Store
from revops.store.tables import actions, leaks
from revops.store.tenants import require

_log = structlog.get_logger(__name__)


def erase_notes(
    store: Store,
    signer: Signer,
    tenant_id: str,
    customer_id: str,
    wash: Callable[[str], str],
    *,
    actor: str,
    at: datetime,
) -> int:
    """Erase notes about a customer and notes that `wash` would change, and count them; a store without any is let be.

    Raises SecretKeyError where the record of it cannot be signed; nothing is erased then.
    """
    with store.everyone(is_read_only=True) as connection:
        if not inspect(connection).has_table(decision_personal.name):
            return 0
    with store.tenant(tenant_id, is_read_only=True) as connection:
        if not _affected(connection, tenant_id, customer_id, wash):
            return 0
    with store.tenant(tenant_id) as connection:
        require(connection, tenant_id)
        if not store.is_postgres:
            connection.exec_driver_sql("pragma secure_delete = on")
        numbers = _affected(connection, tenant_id, customer_id, wash)
        _empty(connection, tenant_id, numbers)
        data = {"parts": [{"number": number, "part": "note"} for number in numbers]}
        entry = Entry(ERASED, "customer", customer_id, None, None, f"cli:{actor}", "operator", "cli", data)
        append(connection, signer, tenant_id, entry, at)
    return len(numbers)


def erase_notes_of_copy(
    copy: Store,
    signer: Signer,
    tenant_id: str,
    customer_id: str,
    wash: Callable[[str], str],
    *,
    actor: str,
    at: datetime,
) -> int:
    """The same in a backup, whose key may be lost by now: the notes go even if no record can be signed.

    A log that is restored from such a backup says that they are gone, and cannot say by whom.
    """
    try:
        return erase_notes(copy, signer, tenant_id, customer_id, wash, actor=actor, at=at)
    except SecretKeyError as error:
        _log.warning("notes_of_a_backup_erased_without_a_record", tenant=tenant_id, reason=str(error))
    with copy.tenant(tenant_id) as connection:
        if not copy.is_postgres:
            connection.exec_driver_sql("pragma secure_delete = on")
        numbers = _affected(connection, tenant_id, customer_id, wash)
        _empty(connection, tenant_id, numbers)
    return len(numbers)


def _affected(connection: Connection, tenant_id: str, customer_id: str, wash: Callable[[str], str]) -> list[int]:
    """The numbers of records whose notes must go."""
    about = _subjects(connection, tenant_id, customer_id)
    part, record = decision_personal.c, decision_records.c
    query = (
        select(part.number, part.content, record.subject_id)
        .join(decision_records, (record.tenant_id == part.tenant_id) & (record.number == part.number))
        .where(part.tenant_id == tenant_id, part.part == "note", part.content.is_not(None))
        .order_by(part.number)
    )
    rows = connection.execute(query).mappings()
    return [row["number"] for row in rows if row["subject_id"] in about or _names(row, wash)]


def _subjects(connection: Connection, tenant_id: str, customer_id: str) -> set[str]:
    """The customer's leaks and their actions, by id."""
    mine = select(leaks.c.leak_id).where(leaks.c.tenant_id == tenant_id, leaks.c.customer_id == customer_id)
    theirs = select(actions.c.action_id).where(actions.c.tenant_id == tenant_id, actions.c.leak_id.in_(mine))
    return {*connection.scalars(mine), *connection.scalars(theirs)}


def _names(row: RowMapping, wash: Callable[[str], str]) -> bool:
    text = str(json.loads(row["content"]))
    return wash(text) != text


def _empty(connection: Connection, tenant_id: str, numbers: list[int]) -> None:
    part = decision_personal.c
    for number in numbers:
        mine = (part.tenant_id == tenant_id, part.number == number, part.part == "note")
        connection.execute(update(decision_personal).where(*mine).values(salt=None, content=None))
