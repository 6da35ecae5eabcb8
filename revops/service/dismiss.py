"""Dismiss and assign: a person's word on a leak itself, besides what is done about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from revops.domain.decision import Channel, DecisionRefusedError, check_note
from revops.domain.leak import Leak
from revops.domain.person import Person

LONGEST = timedelta(days=366 * 3)


class KeepsSuppressions(Protocol):
    """A tenant's suppressions and owners."""

    def dismiss(
        self,
        tenant_id: str,
        leak_id: str,
        *,
        person: Person,
        channel: str,
        reason: str,
        until: datetime | None,
        at: datetime,
    ) -> Leak:
        """End an open leak and keep its root cause from opening another until a time."""
        ...

    def lift(self, tenant_id: str, suppression_id: str, *, person: Person, channel: str, at: datetime) -> None:
        """Let a root cause leak again."""
        ...

    def assign(
        self, tenant_id: str, leak_id: str, owner: str | None, *, person: Person, channel: str, at: datetime
    ) -> Leak:
        """Say who cares for a leak."""
        ...


@dataclass(frozen=True)
class Dismissing:
    """Where leaks are dismissed, from wherever the word comes."""

    kept: KeepsSuppressions

    def dismiss(
        self,
        tenant_id: str,
        leak_id: str,
        person: Person,
        *,
        reason: str,
        until: datetime | None,
        channel: Channel,
        at: datetime,
    ) -> Leak:
        """Say that this is no leak, why, and until when. Raises DecisionRefusedError."""
        _check(person)
        said = check_note(reason)
        if said is None:
            raise DecisionRefusedError("bad_reason", "Say in a few words why this is no leak.")
        if until is not None and not at < until <= at + LONGEST:
            raise DecisionRefusedError("bad_time", "Choose an end within three years, or none.")
        return self.kept.dismiss(tenant_id, leak_id, person=person, channel=channel, reason=said, until=until, at=at)

    def lift(self, tenant_id: str, suppression_id: str, person: Person, *, channel: Channel, at: datetime) -> None:
        """Take a dismissal back; what still leaks opens anew. Raises DecisionRefusedError."""
        _check(person)
        self.kept.lift(tenant_id, suppression_id, person=person, channel=channel, at=at)

    def assign(
        self, tenant_id: str, leak_id: str, owner: str | None, person: Person, *, channel: Channel, at: datetime
    ) -> Leak:
        """Say who cares for a leak; None for nobody. Raises DecisionRefusedError."""
        _check(person)
        return self.kept.assign(tenant_id, leak_id, check_note(owner), person=person, channel=channel, at=at)


def _check(person: Person) -> None:
    if not person.is_at_least("approver"):
        raise DecisionRefusedError(
            "not_allowed", f"Your role here is {person.role}; this takes an approver. Ask an admin of yours."
        )
