"""A tenant's policy as it was from a moment on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PolicyVersion:
    """One version; `number` counts from 1 per tenant. It holds from `valid_from` to that of the next."""

    tenant_id: str
    number: int
    policy_version: str
    document: str
    valid_from: datetime
    author: str
    created_at: datetime
