"""One reconciliation in this process, as `leaks reconcile` does it: the Dagster job, then what it found."""

from datetime import datetime

from dagster_project.in_process import execute
from dagster_project.landed import NothingLandedError
from dagster_project.moments import iso
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from ingestion.progress import Progress
from ingestion.stripe.drift import DriftReport, last_report
from ingestion.stripe.reconcile.flow import PATIENT_SECONDS

_JOB, _OP = "reconcile", "reconcile_stripe"


def run_reconcile(
    *,
    tenant_id: str,
    since: datetime | None,
    days: float | None,
    everything: bool,
    repair: bool,
    progress: Progress,
    is_debug: bool = False,
) -> DriftReport:
    """Compare a tenant's account with Stripe through the Dagster job; what differed lands if `repair`.

    Raises as `dagster_project.in_process.execute` does.
    """
    config = {
        "since": iso(since) if since else "",
        "days": float(days or 0),
        "everything": everything,
        "repair": repair,
    }
    execute(_JOB, tenant_id, {"ops": {_OP: {"config": config}}}, progress, is_debug=is_debug)
    profile = Profile.from_environment(tenant_id)
    with writer_lock(profile, PATIENT_SECONDS):
        report = last_report(profile)
    if report is None:
        raise NothingLandedError(f"{profile.warehouse} holds no report. Run `leaks reconcile` again.")
    return report
