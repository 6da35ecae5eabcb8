"""The jobs people and schedules run; both land, build and publish everything, in one process."""

import dagster as dg

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

daily = dg.ScheduleDefinition(
    name="daily_full_pass",
    job=full_pass,
    cron_schedule="0 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="The daily full pass, at 04:00 UTC.",
)
hourly = dg.ScheduleDefinition(
    name="hourly_refresh",
    job=refresh,
    cron_schedule="15 * * * *",
    execution_timezone="UTC",
    description="Stripe's events of the last hour; off until you switch it on.",
)
