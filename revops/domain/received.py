"""An event as a billing system delivered it, before anybody has looked at what it means."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One verified delivery: the raw body, and what is needed to file it.

    `event_id` is the system's own and makes the row unique per tenant and source; `event_created_at` has the
    system's resolution (Stripe: one second, so it orders nothing inside one). `object_id` is None where the event
    is about no stored object (Stripe's `invoice.upcoming`), `account_id` unless a connected account is meant.
    """

    tenant_id: str
    integration_mode: str
    source: str
    event_id: str
    event_type: str
    object_id: str | None
    account_id: str | None
    event_created_at: datetime
    received_at: datetime
    body: bytes

    @property
    def key(self) -> tuple[str, str, str]:
        """What is unique in the inbox."""
        return self.tenant_id, self.source, self.event_id
