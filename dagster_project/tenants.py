"""Dagster's partitions: one per tenant, kept in step with the operational store.

A run is of one tenant, so one that fails, waits for Stripe or has bad data holds up no other.
"""

from collections.abc import Collection

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG, SCHEDULE_NAME_TAG

from revops.settings import TENANT, load_settings
from revops.store import open_store
from revops.store.tenants import Tenants

# On runs of commands that may wait.
WAITS_TAG = "leaks/waits"
TENANTS = dg.DynamicPartitionsDefinition(name="tenant")


def tenant_of(run: dg.DagsterRun | None) -> str:
    """Whose run it is."""
    return run.tags.get(PARTITION_NAME_TAG, TENANT) if run else TENANT


def can_wait(run: dg.DagsterRun | None) -> bool:
    """Whether it may wait for another writer: a schedule began it, or a command that would lose much by giving up."""
    return run is not None and bool({SCHEDULE_NAME_TAG, WAITS_TAG} & run.tags.keys())


def all_tenants() -> list[str]:
    """Every tenant that was not removed, by id."""
    with open_store(load_settings(), upgrade=True) as store:
        return [tenant.tenant_id for tenant in Tenants(store).read()]


def differences(instance: dg.DagsterInstance, tenants: Collection[str]) -> tuple[list[str], list[str]]:
    """Which partitions are missing, and which are of no tenant any more."""
    known = {*instance.get_dynamic_partitions(str(TENANTS.name))}
    return sorted({*tenants} - known), sorted(known - {*tenants})


def keep_in_step(instance: dg.DagsterInstance, tenants: Collection[str]) -> None:
    """Let there be a partition for each tenant and no other; what was recorded of a removed one stays."""
    missing, gone = differences(instance, tenants)
    if missing:
        instance.add_dynamic_partitions(str(TENANTS.name), missing)
    for tenant_id in gone:
        instance.delete_dynamic_partition(str(TENANTS.name), tenant_id)
