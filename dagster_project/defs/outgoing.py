"""The worker's backstop: what it does at once is done every half hour for whoever runs none."""

import dagster as dg

from dagster_project.outgoing import Outgoing
from revops.bootstrap_outgoing import taking_out
from revops.bootstrap_slack import notifying
from revops.settings import load_settings
from revops.store import open_store


@dg.op(description="Expire what nobody decided on, look up lost answers, carry out what is approved, tell people.")
def take_out() -> None:
    """Everything that is due now, of all tenants; one tenant's failure is logged and holds up no other."""
    settings = load_settings()
    with open_store(settings, upgrade=True) as store:
        home = settings.leaks_home.expanduser().absolute()
        failed = Outgoing(taking_out(store, settings), home, notifying(store, settings)).once()
    if failed:
        raise dg.Failure(f"Failed: {', '.join(failed)}. The log says why; it is tried again in half an hour.")


@dg.job(description="What `leaks worker` does besides events: expiries, lost answers, approved actions, messages.")
def outgoing() -> None:
    """Claims and leases keep it and a running worker out of each other's way."""
    take_out()


half_hourly = dg.ScheduleDefinition(
    name="half_hourly_outgoing",
    job=outgoing,
    cron_schedule="*/30 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Approved actions, expiries and messages, where no worker has done so already.",
)
