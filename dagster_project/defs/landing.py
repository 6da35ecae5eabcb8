"""Stripe and the policy, landed in the working warehouse as append-only versions."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.owners import OWNERS
from dagster_project.progress import progress
from dagster_project.resources import Home, RunOptions
from dagster_project.tenants import TENANTS
from ingestion.quality import remember
from ingestion.stripe import load
from ingestion.stripe.resources import TABLES

SOURCES = {
    "integration": "Which account this is, in which mode, and the source's own clock: the default as_of.",
    "resource_status": "Which resources are read, which are switched off and why, and what is covered.",
    "quarantine": "Objects that could not be landed, with the reason and their raw text.",
}


def _spec(table: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=["stripe", table],
        group_name="landing",
        owners=OWNERS,
        description=description,
        kinds={"stripe", "dlt"},
    )


# Landed by `leaks worker`, outside of runs.
batch = _spec("batch", "The objects that the last batch of delivered events touched.").replace_attributes(
    partitions_def=TENANTS
)


@dg.multi_asset(
    name="land_stripe",
    partitions_def=TENANTS,
    specs=[
        *(_spec(t, f"Every version of every Stripe {t.replace('_', ' ')} we have seen, as JSON.") for t in TABLES),
        *(_spec(table, description) for table, description in SOURCES.items()),
    ],
)
def land_stripe(home: Home, options: RunOptions) -> Iterator[dg.MaterializeResult[None]]:
    """Read what is new from the account or the export folder and append it."""
    home.bring_erasures()
    remember(home.profile)
    report = load(home.profile, since=options.since_at, progress=progress(), settings=home.stripe())
    for table in TABLES:
        yield dg.MaterializeResult(
            asset_key=["stripe", table], metadata={"dagster/row_count": report.rows.get(table, 0)}
        )
    yield dg.MaterializeResult(
        asset_key=["stripe", "integration"],
        metadata={
            "mode": report.mode,
            "source_now": str(report.source_now),
            "seconds": report.seconds,
            "has_more": report.has_more,
            "impossible_transitions": report.impossible,
        },
    )
    yield dg.MaterializeResult(
        asset_key=["stripe", "resource_status"],
        metadata={
            "switched_off": dg.MetadataValue.json([f"{item.resource}: {item.reason}" for item in report.switched_off])
        },
    )
    yield dg.MaterializeResult(asset_key=["stripe", "quarantine"], metadata={"dagster/row_count": report.quarantined})
