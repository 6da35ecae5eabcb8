"""The jobs people and schedules run, each of one tenant: those that land, build and publish everything in one process,
and the comparison with Stripe, which they build from."""

from collections.abc import Callable

import dagster as dg

from dagster_project.defs.reconcile import DRIFT_KEYS
from dagster_project.sources import readable_tenants
from dagster_project.tenants import TENANTS, all_tenants, differences, keep_in_step
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from revops.settings import TENANT, load_settings
from revops.store import open_store

DRIFT = dg.AssetSelection.assets(*DRIFT_KEYS)
ALL = dg.AssetSelection.all() - DRIFT

refresh = dg.define_asset_job(
    "refresh",
    selection=ALL,
    description="Land what is new, build the customers it touched, publish. `leaks run` is this job.",
)
full_pass = dg.define_asset_job(
    "full_pass",
    selection=ALL,
    config={"resources": {"options": {"config": {"full_pass": True}}}},
    description="Every customer again, touched or not: time alone makes leaks.",
)


reconcile = dg.define_asset_job(
    "reconcile",
    selection=DRIFT,
    description="Compare with Stripe and land what drifted; the next run builds from it. `leaks reconcile` does both.",
)


def run_of_each_tenant(
    context: dg.ScheduleEvaluationContext, is_wanted: Callable[[str], bool] = lambda _tenant_id: True
) -> list[dg.RunRequest] | dg.SkipReason:
    """A run per tenant that is wanted and has an account to read: what one suffers holds up no other."""
    with open_store(load_settings(), upgrade=True) as store:
        readable = [tenant_id for tenant_id in readable_tenants(store) if is_wanted(tenant_id)]
    if not readable:
        return dg.SkipReason("No tenant has a Stripe account to read; `leaks doctor` says what is missing.")
    keep_in_step(context.instance, all_tenants())
    return [dg.RunRequest(run_key=tenant_id, partition_key=tenant_id) for tenant_id in readable]


@dg.schedule(
    name="daily_full_pass",
    job=full_pass,
    cron_schedule="0 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="The daily full pass of each tenant, at 04:00 UTC.",
)
def daily(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """Each tenant's customers, all of them."""
    return run_of_each_tenant(context)


@dg.schedule(
    name="hourly_refresh",
    job=refresh,
    cron_schedule="15 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Stripe's events of the last hour, of each tenant, so that no missed webhook stays missed.",
)
def hourly(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """What changed at each tenant.

    A whole run and not only the reading of events: where nothing is new it builds nothing and costs some seconds, and
    where something is, it brings what the worker's batches leave out (marts that no leak reads, tests, logs).
    """
    return run_of_each_tenant(context)


@dg.schedule(
    name="daily_reconcile",
    job=reconcile,
    cron_schedule="30 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each tenant compared with Stripe at 03:30 UTC, before the full pass that builds from what it mended.",
)
def reconciling(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """What changed lately at each tenant, against what we hold of it."""
    return run_of_each_tenant(context, can_be_compared)


def can_be_compared(tenant_id: str) -> bool:
    """Whether something has landed of a tenant, and there is somebody to ask: an export knows nothing more."""
    is_export = tenant_id == TENANT and StripeSettings().stripe_export is not None
    return not is_export and Profile.from_environment(tenant_id).warehouse.exists()


@dg.sensor(
    name="tenants",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tenants that were added or removed become partitions, so that each can be run by hand.",
)
def tenants(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Keep partitions in step with the store; schedules do so by themselves."""
    missing, gone = differences(context.instance, all_tenants())
    if not missing and not gone:
        return dg.SkipReason("Every tenant has its partition.")
    changes = [
        change
        for change in (
            TENANTS.build_add_request(missing) if missing else None,
            TENANTS.build_delete_request(gone) if gone else None,
        )
        if change
    ]
    return dg.SensorResult(dynamic_partitions_requests=changes)
