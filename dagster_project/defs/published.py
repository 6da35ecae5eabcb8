"""What readers see: the published file."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from dagster_dbt import get_asset_key_for_model

from dagster_project.defs.models import build_models
from dagster_project.manifest import read_manifest
from dagster_project.owners import OWNERS
from dagster_project.progress import progress
from dagster_project.publish import drop_schema, public_models, publish
from dagster_project.resources import Home, RunOptions
from dagster_project.tenants import TENANTS
from revops.warehouse import Published

MODELS = public_models(read_manifest())


@dg.asset(
    key=["published", "warehouse"],
    deps=[get_asset_key_for_model([build_models], model.name) for model in MODELS],
    group_name="published",
    partitions_def=TENANTS,
    owners=OWNERS,
    kinds={"duckdb"},
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26)),
    description="Every public model in one DuckDB file that any client opens; the pointer is replaced last.",
)
def warehouse(home: Home, options: RunOptions) -> dg.MaterializeResult[None]:
    """Copy public models to a new file and point readers to it."""
    plan = home.plan(options)
    progress().step("publish", 0, 1)
    publication = publish(
        home.tenant_dir,
        home.profile.warehouse,
        MODELS,
        as_of=plan.as_of,
        published_at=datetime.now(UTC),
        schema=plan.schema,
        is_present=plan.is_present,
        inputs=plan.inputs,
    )
    if not plan.is_present:
        drop_schema(home.profile.warehouse, plan.schema)
    progress().step("publish", 1, 1)
    return dg.MaterializeResult(
        metadata={
            "file": dg.MetadataValue.path(publication.path),
            "publication": publication.n,
            "as_of": dg.MetadataValue.timestamp(plan.as_of),
            "rows": dg.MetadataValue.json(dict(publication.rows)),
            **_findings(home, plan.is_present, plan.as_of),
        }
    )


def _findings(home: Home, is_present: bool, as_of: datetime) -> dict[str, Any]:
    with Published.open(home.profile.home, None if is_present else as_of, home.tenant_id) as published:
        totals = published.query(
            "select leak_type, currency, is_alert, count(*) as findings, sum(counted_minor)::bigint as minor "
            "from triage group by all order by all"
        )
        off = published.query("select resource, reason from data_coverage where not is_on order by resource")
    return {
        "findings": sum(row["findings"] for row in totals if row["is_alert"]),
        "reviews": sum(row["findings"] for row in totals if not row["is_alert"]),
        "leaking": dg.MetadataValue.md(_table(totals)),
        "switched_off": dg.MetadataValue.json([f"{row['resource']}: {row['reason']}" for row in off]),
    }


def _table(totals: list[dict[str, Any]]) -> str:
    lines = ["| leak type | | findings | amount (minor units) |", "|---|---|---|---|"]
    lines += [
        f"| {row['leak_type']} | {'alert' if row['is_alert'] else 'review'} | {row['findings']} "
        f"| {row['minor']} {row['currency']} |"
        for row in totals
    ]
    return "\n".join(lines)
