"""The jobs people and schedules run; each lands, builds and publishes everything of one tenant, in one process."""

import dagster as dg

from dagster_project.sources import readable_tenants
from dagster_project.tenants import TENANTS, all_tenants, differences, keep_in_step
from revops.settings import load_settings
from revops.store import open_store

ALL = dg.AssetSelection.all()

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


def run_of_each_tenant(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """A run per tenant that has an account to read: what one suffers holds up no other."""
    with open_store(load_settings(), upgrade=True) as store:
        readable = readable_tenants(store)
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
    description="Stripe's events of the last hour, of each tenant; off until you switch it on.",
)
def hourly(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """What changed at each tenant."""
    return run_of_each_tenant(context)


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
