"""Whether Stripe's webhooks reach us: the endpoints of the account, and a check that people see."""

import dagster as dg

from dagster_project.owners import OWNERS
from dagster_project.resources import Home
from dagster_project.tenants import TENANTS
from ingestion.stripe.webhook_endpoints import look, store, stored

KEY = ["stripe", "webhook_endpoints"]


@dg.asset(
    key=KEY,
    deps=[["stripe", "integration"]],
    partitions_def=TENANTS,
    group_name="landing",
    owners=OWNERS,
    kinds={"stripe"},
    description="The webhook endpoints that deliver to us, and whether what they should deliver arrives.",
)
def webhook_endpoints(home: Home) -> dg.MaterializeResult[None]:
    """Ask Stripe for its endpoints, and compare its events with the last that were delivered."""
    settings = home.stripe()
    states = look(settings, home.tenant_id, home.newest_delivered(settings.mode))
    store(home.profile, states)
    return dg.MaterializeResult(metadata={"states": dg.MetadataValue.json([one.state for one in states])})


@dg.asset_check(
    asset=KEY, name="webhooks_arrive", description="No endpoint of ours is disabled, or silent while there are events."
)
def webhooks_arrive(home: Home) -> dg.AssetCheckResult:
    """Warn of endpoints that deliver nothing; polling finds what they miss, so it stops nothing."""
    warnings = [one for one in stored(home.profile) if one.is_warning]
    return dg.AssetCheckResult(
        passed=not warnings,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{one.url} is {one.state}: {one.message}" for one in warnings)
        or "nothing is known to be wrong",
    )
