"""Erase events: bodies that name an erased customer go where the event is finished, and are stripped where it is not.

An event that is not finished must still become what it tells, without the person.
"""

from dataclasses import dataclass

from revops.domain.erasure import KeepsBodies, Washes

_PAGE = 500


@dataclass(frozen=True)
class ErasedEvents:
    """How many bodies were deleted, and how many were rewritten."""

    deleted: int = 0
    rewritten: int = 0


def erase_events(bodies: KeepsBodies, tenant_id: str, washes: Washes) -> ErasedEvents:
    """Take the person out of a tenant's received events; doing it twice changes nothing more."""
    deleted = rewritten = after = 0
    while page := bodies.read(tenant_id, after, _PAGE):
        after = max(page)
        changes: dict[int, bytes | None] = {}
        for sequence, (body, is_finished) in page.items():
            if not washes.concerns(body):
                continue
            left = None if is_finished else washes.event(body)
            if left != body:
                changes[sequence] = left
        if changes:
            bodies.replace(tenant_id, changes)
            deleted += sum(left is None for left in changes.values())
            rewritten += sum(left is not None for left in changes.values())
    return ErasedEvents(deleted, rewritten)
