"""The tenant's policy as a table, so that detectors can read it."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.owners import OWNERS
from dagster_project.resources import Home
from dagster_project.tenants import TENANTS
from ingestion.operations import land_policy


def _spec(table: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=["operations", table],
        deps=[["stripe", "integration"]],
        group_name="operations",
        owners=OWNERS,
        description=description,
        kinds={"yaml", "dlt"},
    )


@dg.multi_asset(
    name="land_tenant_policy",
    partitions_def=TENANTS,
    specs=[
        _spec("policy", "The tenant's thresholds, one row; its version is part of every finding's definition."),
        _spec(
            "policy_exemptions",
            "What the tenant says is no leak, by metadata of customer, subscription, coupon.",
        ),
    ],
)
def land_tenant_policy(home: Home) -> Iterator[dg.MaterializeResult[None]]:
    """Validate the policy file and replace the rows; a wrong policy ends the run before anything is built."""
    policy = home.policy()
    rows = policy.exemption_rows()
    land_policy(home.profile, policy.as_row(), rows)
    yield dg.MaterializeResult(asset_key=["operations", "policy"], metadata={"version": policy.version})
    yield dg.MaterializeResult(asset_key=["operations", "policy_exemptions"], metadata={"dagster/row_count": len(rows)})
