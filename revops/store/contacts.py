"""Who was written to and when: a place is taken before anything is sent, so that limits hold for all at once."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from revops.domain.contact_hours import ContactHours, may_write
from revops.domain.contacts import Limits, NotBefore
from revops.domain.kept_letter import KeptLetter
from revops.store.letter_tables import contacts, mail_suppressions
from revops.store.rows import insert_into
from revops.store.store import Store
from revops.store.tenants import require

# Older contacts bear on no limit.
_HISTORY = timedelta(days=90)


class Contacts:
    """See KeepsContacts. An unknown tenant raises TenantError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def history(self, tenant_id: str, customer_id: str, person: str) -> list[datetime]:
        """When a customer, or the person at that address, was written to; what is reserved counts."""
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return _history(connection, tenant_id, customer_id, person, None)

    def is_suppressed(self, tenant_id: str, person: str) -> bool:
        """Whether nothing is sent to the person."""
        column = mail_suppressions.c
        query = select(column.person).where(column.tenant_id == tenant_id, column.person == person)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return connection.scalar(query) is not None

    def suppress(self, tenant_id: str, person: str, reason: str, *, actor: str, at: datetime) -> None:
        """Send nothing there again."""
        row = {"tenant_id": tenant_id, "person": person, "reason": reason, "added_by": actor, "created_at": at}
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            connection.execute(insert_into(connection, mail_suppressions).values(row).on_conflict_do_nothing())

    def reserve(
        self,
        tenant_id: str,
        action_id: str,
        letter: KeptLetter,
        person: str,
        at: datetime,
        limits: Limits,
        hours: ContactHours,
    ) -> NotBefore | None:
        """Take the place of one contact, alone of all who ask; or from when on there is one."""
        with self._store.tenant(tenant_id) as connection:
            # The tenant's row is locked: whoever asks beside us sees what we have taken.
            require(connection, tenant_id)
            known = _history(connection, tenant_id, letter.customer_id, person, action_id)
            wait = may_write([one for one in known if one > at - _HISTORY], at, limits, hours)
            if wait is not None:
                return wait
            mine = (contacts.c.tenant_id == tenant_id, contacts.c.action_id == action_id)
            connection.execute(delete(contacts).where(*mine, contacts.c.status == "reserved"))
            row = {
                "tenant_id": tenant_id,
                "action_id": action_id,
                "customer_id": letter.customer_id,
                "person": person,
                "letter_id": letter.letter_id,
                "topic": letter.letter.topic if letter.letter else "",
                "status": "reserved",
                "at": at,
            }
            connection.execute(insert(contacts).values(row))
            return None

    def release(self, tenant_id: str, action_id: str) -> None:
        """It is certain that nothing was sent."""
        mine = (contacts.c.tenant_id == tenant_id, contacts.c.action_id == action_id, contacts.c.status == "reserved")
        with self._store.tenant(tenant_id) as connection:
            connection.execute(delete(contacts).where(*mine))

    def settle(self, tenant_id: str, action_id: str, status: str, message_id: str | None, edits: int | None) -> None:
        """It was sent, or nobody knows."""
        mine = (contacts.c.tenant_id == tenant_id, contacts.c.action_id == action_id)
        values = {"status": status, "message_id": message_id, "edits": edits}
        with self._store.tenant(tenant_id) as connection:
            connection.execute(update(contacts).where(*mine).values(values))


def _history(
    connection: Connection, tenant_id: str, customer_id: str, person: str, but_action: str | None
) -> list[datetime]:
    column = contacts.c
    query = select(column.at).where(
        column.tenant_id == tenant_id, or_(column.customer_id == customer_id, column.person == person)
    )
    if but_action is not None:
        query = query.where(column.action_id != but_action)
    return sorted(connection.scalars(query))
