"""What people work on: leaks in the operational store, opened and closed by what was published."""

import dagster as dg

from dagster_project.owners import OWNERS
from dagster_project.resources import Home, RunOptions
from dagster_project.tenants import TENANTS


@dg.asset(
    key=["operations", "leaks"],
    deps=[["published", "warehouse"]],
    partitions_def=TENANTS,
    group_name="operations",
    owners=OWNERS,
    kinds={"python"},
    description="One durable leak per root cause and occurrence; closed only by what became of its objects.",
)
def leaks(home: Home, options: RunOptions) -> dg.MaterializeResult[None]:
    """Open and close leaks after the published findings; a run for a past moment opens and closes nothing."""
    if not home.plan(options).is_present:
        return dg.MaterializeResult(metadata={"opened": 0, "closed": 0})
    changes = home.open_leaks()
    return dg.MaterializeResult(metadata={"opened": len(changes.opened), "closed": len(changes.closed)})
