"""What is kept for a while only."""

from datetime import datetime
from typing import Protocol


class KeepsForAWhile(Protocol):
    """Raw bodies of received events."""

    def delete_bodies(self, tenant_id: str, received_before: datetime, *, limit: int) -> int:
        """Delete at most so many bodies of finished events that came before a time; how many it were."""
