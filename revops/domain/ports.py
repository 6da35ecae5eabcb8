"""What services need from outside, as they see it; `revops.bootstrap` decides what stands behind."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from revops.domain.policy_version import PolicyVersion
from revops.domain.received import ReceivedEvent


class KeepsEvents(Protocol):
    """The inbox, as the receiver sees it."""

    def append(self, events: Sequence[ReceivedEvent]) -> list[bool]:
        """Store all of them or none, durably, before returning; whether each was new, in the same order.

        An event whose key is stored already, or stands earlier in the same group, has no effect.
        """
        ...


class PolicyVersions(Protocol):
    """The versions of tenants' policies."""

    def save(
        self, tenant_id: str, document: str, policy_version: str, *, author: str, at: datetime
    ) -> tuple[PolicyVersion, bool]:
        """Make the document the policy from `at` on, unless it says the same as the newest; and whether it is new."""
        ...
