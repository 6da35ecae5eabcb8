"""Who decides: a person in a role, and for whom they stand in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from revops.errors import RevopsError

Role = Literal["viewer", "approver", "admin"]
# What a role may do grows from left to right.
ROLES: tuple[Role, ...] = get_args(Role)


class PersonError(RevopsError):
    """A person or a role that there is not."""

    exit_code = 2


@dataclass(frozen=True)
class Person:
    """`person_id` is `slack:<team>:<user>`, `web:<e-mail>` or `cli:<user>`, never a display name.

    `role` is what they may do now, as themselves or for the person who delegated to them (`stands_in_for`).
    """

    person_id: str
    role: Role
    name: str | None = None
    stands_in_for: str | None = None

    def is_at_least(self, role: Role) -> bool:
        """Whether the role includes another."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True)
class Membership:
    """What a tenant knows of a person: their own role, and to whom they handed it until when."""

    person_id: str
    role: Role
    name: str | None
    delegated_to: str | None
    delegated_until: datetime | None


def check_role(role: str) -> Role:
    """The role of that name. Raises PersonError."""
    for known in ROLES:
        if role == known:
            return known
    raise PersonError(f"{role} is no role: {', '.join(ROLES)}.")


def check_person_id(person_id: str) -> str:
    """The id, if it says where the person is known. Raises PersonError."""
    where, _, who = person_id.partition(":")
    if where not in ("slack", "web", "cli") or not who or len(person_id) > 200 or not person_id.isprintable():
        raise PersonError(f"{person_id!r} is no person: slack:<team>:<user>, web:<e-mail> or cli:<user>.")
    if where == "slack" and len(who.split(":")) != 2:
        raise PersonError(f"{person_id!r} is no Slack user: slack:<team id>:<user id>, for example slack:T012:U034.")
    return person_id


def acting_as(person_id: str, members: dict[str, Membership], at: datetime) -> Person | None:
    """The person with the highest role they have now, their own or one that was delegated to them; else None."""
    own = members.get(person_id)
    best = Person(person_id, own.role, own.name) if own else None
    for member in members.values():
        is_theirs = member.delegated_to == person_id and member.delegated_until is not None
        if is_theirs and member.delegated_until is not None and at < member.delegated_until:
            lent = Person(person_id, member.role, own.name if own else None, stands_in_for=member.person_id)
            if best is None or not best.is_at_least(lent.role):
                best = lent
    return best
