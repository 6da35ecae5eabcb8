"""Who gives a verb, as somebody who decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.store import author

if TYPE_CHECKING:
    from datetime import datetime

    from revops.domain.person import Person
    from revops.store import Store


def person_id() -> str:
    """`cli:<user>`."""
    return f"cli:{author()}"


def require_person(store: Store, tenant_id: str, at: datetime) -> Person:
    """Who decides here, with their role. Raises PersonError for somebody without one."""
    from revops.domain.person import PersonError
    from revops.store.people import People

    found = People(store).find(tenant_id, person_id(), at)
    if found is None:
        raise PersonError(
            f"{person_id()} has no role at {tenant_id} and decides nothing. Whoever runs this installation gives one: "
            f"`leaks people add {person_id()} --role approver --tenant {tenant_id}`."
        )
    return found
