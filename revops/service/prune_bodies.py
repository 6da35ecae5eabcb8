"""Prune bodies: what was received is kept raw for a while, then only that it was received."""

from collections.abc import Iterable
from datetime import datetime

from revops.domain.retention import KeepsForAWhile

# One transaction each: the receiver gets in between.
_AT_ONCE = 1_000


def prune_bodies(inbox: KeepsForAWhile, tenant_ids: Iterable[str], received_before: datetime) -> int:
    """Delete the bodies of these tenants' finished events that came before a time, and count them."""
    return sum(_of_tenant(inbox, tenant_id, received_before) for tenant_id in tenant_ids)


def _of_tenant(inbox: KeepsForAWhile, tenant_id: str, received_before: datetime) -> int:
    total = 0
    while deleted := inbox.delete_bodies(tenant_id, received_before, limit=_AT_ONCE):
        total += deleted
    return total
