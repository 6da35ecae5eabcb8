"""A letter as it is kept, and the contact that it became."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from revops.domain.contact_hours import ContactHours
from revops.domain.contacts import Limits, NotBefore
from revops.domain.letter import Letter


@dataclass(frozen=True)
class NewLetter:
    """A letter for one person about one leak. `made_by` says how a model made it, where one did."""

    leak_id: str
    customer_id: str
    step: str
    address: str
    name: str | None
    letter: Letter
    facts: Mapping[str, Any] = field(default_factory=dict)
    made_by: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class KeptLetter:
    """A letter with its id. `recipient` is a salted hash of the address: what an approval binds to.

    `letter`, `address` and `name` are None once the customer was erased.
    """

    letter_id: str
    leak_id: str
    customer_id: str
    step: str
    digest: str
    recipient: str
    letter: Letter | None
    address: str | None
    name: str | None
    created_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


def person_of(tenant_id: str, address: str) -> str:
    """One person in a tenant's contacts: a digest of the address, without regard to case."""
    return hashlib.sha256(f"{tenant_id}|{address.strip().lower()}".encode()).hexdigest()


class WritesDown(Protocol):
    """Where a letter goes when it is drafted."""

    def keep(self, tenant_id: str, new: NewLetter, at: datetime) -> KeptLetter:
        """Keep a letter; the same words to the same address at the same step are the same letter."""
        ...


class KeepsLetters(WritesDown, Protocol):
    """A tenant's letters."""

    def get(self, tenant_id: str, letter_id: str) -> KeptLetter | None:
        """A letter."""
        ...


class KnowsContacts(Protocol):
    """Who was written to and when, and who never is."""

    def history(self, tenant_id: str, customer_id: str, person: str) -> list[datetime]:
        """When a customer, or the person at that address, was written to; what is reserved counts."""
        ...

    def is_suppressed(self, tenant_id: str, person: str) -> bool:
        """Whether nothing is sent to the person."""
        ...


class KeepsContacts(KnowsContacts, Protocol):
    """The same, for who writes to them."""

    def suppress(self, tenant_id: str, person: str, reason: str, *, actor: str, at: datetime) -> None:
        """Send nothing there again."""
        ...

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
        ...

    def release(self, tenant_id: str, action_id: str) -> None:
        """It is certain that nothing was sent."""
        ...

    def settle(self, tenant_id: str, action_id: str, status: str, message_id: str | None, edits: int | None) -> None:
        """It was sent, or nobody knows."""
        ...
