"""What people decided and what became of it, as tables: for SQL, and for what is recovered."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.owners import OWNERS
from dagster_project.resources import Home
from dagster_project.tenants import TENANTS
from ingestion.operations.decisions import ACTIONS, LEAKS, land_decisions


def _spec(table: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=["operations", table],
        deps=[["stripe", "integration"]],
        group_name="operations",
        owners=OWNERS,
        description=description,
        kinds={"dlt"},
    )


@dg.multi_asset(
    name="land_tenant_decisions",
    partitions_def=TENANTS,
    specs=[
        _spec(LEAKS, "Every leak as it stands in the operational store, open or ended."),
        _spec(ACTIONS, "Every action as it stands in the operational store, with its outcome."),
    ],
)
def land_tenant_decisions(home: Home) -> Iterator[dg.MaterializeResult[None]]:
    """Copy leaks and actions; a decision alone asks for no build, the next one takes it up."""
    leaks, actions = home.decided()
    land_decisions(home.profile, leaks, actions)
    yield dg.MaterializeResult(asset_key=["operations", LEAKS], metadata={"dagster/row_count": len(leaks)})
    yield dg.MaterializeResult(asset_key=["operations", ACTIONS], metadata={"dagster/row_count": len(actions)})
