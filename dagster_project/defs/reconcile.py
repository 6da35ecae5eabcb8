"""What drifted from Stripe, found by asking and mended: a job of its own, since reading takes no writer's lock."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg

from dagster_project.moments import utc
from dagster_project.owners import OWNERS
from dagster_project.progress import progress
from dagster_project.sources import stripe_source
from dagster_project.tenants import TENANTS, can_wait, tenant_of
from ingestion.lock import WAIT_SECONDS
from ingestion.profile import Profile
from ingestion.stripe.drift import DriftReport
from ingestion.stripe.reconcile.flow import PATIENT_SECONDS, reconcile
from ingestion.stripe.reconcile.scope import EVERY_OBJECT, LATELY, Scope

DRIFT_KEYS = (["stripe", "drift"], ["stripe", "drift_objects"])


class ReconcileOptions(dg.Config):
    """What is compared: what changed since a time (ISO, UTC), in the last `days`, lately without either, or everything.

    Without `repair` nothing lands but the report.
    """

    since: str = ""
    days: float = 0
    everything: bool = False
    repair: bool = True

    @property
    def scope(self) -> Scope:
        """The objects to ask for."""
        if self.everything:
            return EVERY_OBJECT
        if self.since:
            return Scope(utc(datetime.fromisoformat(self.since)))
        return Scope(timedelta(days=self.days)) if self.days else LATELY


def _spec(table: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=["stripe", table], group_name="landing", owners=OWNERS, description=description, kinds={"stripe"}
    )


@dg.multi_asset(
    name="reconcile_stripe",
    partitions_def=TENANTS,
    specs=[
        _spec("drift", "How far what we hold differed from Stripe, per object type and reconciliation."),
        _spec("drift_objects", "Each object that differed when we last compared."),
    ],
)
def reconcile_stripe(
    context: dg.AssetExecutionContext, config: ReconcileOptions
) -> Iterator[dg.MaterializeResult[None]]:
    """Compare with Stripe, land what differs; the next run builds from it."""
    tenant_id = tenant_of(context.run)
    report = reconcile(
        Profile.from_environment(tenant_id),
        stripe_source(tenant_id, purpose="a reconciliation", actor="pipeline"),
        config.scope,
        is_repairing=config.repair,
        progress=progress(),
        lock_seconds=PATIENT_SECONDS if can_wait(context.run) else WAIT_SECONDS,
    )
    yield dg.MaterializeResult(
        asset_key=["stripe", "drift"],
        metadata={
            "difference": report.difference,
            "is_repaired": report.is_repaired,
            "compared": "every object" if report.begins_at is None else f"since {report.begins_at}",
            "drift": dg.MetadataValue.md(_table(report)),
        },
    )
    yield dg.MaterializeResult(asset_key=["stripe", "drift_objects"], metadata={"dagster/row_count": report.difference})


def _table(report: DriftReport) -> str:
    lines = ["| objects | ours | Stripe's | difference | missing | different | gone |", "|---|---|---|---|---|---|---|"]
    for one in report.drifts:
        figures = (one.ours, one.stripes, one.difference, len(one.missing), len(one.different), len(one.gone))
        said = one.unread_reason or " | ".join(str(figure) for figure in figures)
        lines.append(f"| {one.resource} | {said} |")
    return "\n".join(lines)
