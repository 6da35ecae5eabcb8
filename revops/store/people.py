"""Who may decide for a tenant, and for whom they stand in. Every change is in the security log."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select, update

from revops.domain.person import Membership, Person, PersonError, Role, acting_as, check_person_id
from revops.store.people_tables import people
from revops.store.rows import insert_into
from revops.store.security_log import SecurityLine, append
from revops.store.store import Store
from revops.store.tenants import require

LONGEST_DELEGATION = timedelta(days=90)


class People:
    """A tenant's people. An unknown tenant raises TenantError, an unknown person PersonError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, tenant_id: str, person_id: str, role: Role, name: str | None, *, actor: str, at: datetime) -> None:
        """Give a person a role, or another one."""
        check_person_id(person_id)
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            row = {
                "tenant_id": tenant_id,
                "person_id": person_id,
                "role": role,
                "name": name,
                "added_by": actor,
                "created_at": at,
                "removed_at": None,
            }
            new = insert_into(connection, people).values(row)
            changes = {"role": role, "removed_at": None, **({"name": name} if name is not None else {})}
            connection.execute(new.on_conflict_do_update(index_elements=["tenant_id", "person_id"], set_=changes))
            append(connection, SecurityLine(tenant_id, at, actor, "role_changed", None, {"of": person_id, "to": role}))

    def remove(self, tenant_id: str, person_id: str, *, actor: str, at: datetime) -> None:
        """Take a person's role; what they handed on goes with it."""
        with self._store.tenant(tenant_id) as connection:
            _require(connection, tenant_id, person_id)
            gone = {"removed_at": at, "delegated_to": None, "delegated_until": None}
            connection.execute(update(people).where(*_mine(tenant_id, person_id)).values(gone))
            append(connection, SecurityLine(tenant_id, at, actor, "role_changed", None, {"of": person_id, "to": None}))

    def delegate(self, tenant_id: str, person_id: str, to: str, until: datetime, *, actor: str, at: datetime) -> None:
        """Let another decide with this person's role until a time; again to the same or another replaces it."""
        check_person_id(to)
        if to == person_id:
            raise PersonError("Delegate to somebody else.")
        if not at < until <= at + LONGEST_DELEGATION:
            raise PersonError(f"A delegation ends within {LONGEST_DELEGATION.days} days from now.")
        with self._store.tenant(tenant_id) as connection:
            _require(connection, tenant_id, person_id)
            given = {"delegated_to": to, "delegated_until": until}
            connection.execute(update(people).where(*_mine(tenant_id, person_id)).values(given))
            detail = {"of": person_id, "delegated_to": to, "until": until}
            append(connection, SecurityLine(tenant_id, at, actor, "role_changed", None, detail))

    def find(self, tenant_id: str, person_id: str, at: datetime) -> Person | None:
        """The person with what they may do now; None for a stranger."""
        return acting_as(person_id, {one.person_id: one for one in self.read(tenant_id)}, at)

    def read(self, tenant_id: str) -> list[Membership]:
        """Everybody who has a role, by id."""
        column = people.c
        query = select(column.person_id, column.role, column.name, column.delegated_to, column.delegated_until).where(
            column.tenant_id == tenant_id, column.removed_at.is_(None)
        )
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(query.order_by(column.person_id)).mappings()
            return [Membership(**row) for row in rows]


def _mine(tenant_id: str, person_id: str) -> tuple[ColumnElement[bool], ...]:
    return people.c.tenant_id == tenant_id, people.c.person_id == person_id, people.c.removed_at.is_(None)


def _require(connection: Connection, tenant_id: str, person_id: str) -> None:
    require(connection, tenant_id)
    if connection.scalar(select(people.c.role).where(*_mine(tenant_id, person_id))) is None:
        raise PersonError(f"{person_id} has no role at {tenant_id}. `leaks people list` shows who has.")
