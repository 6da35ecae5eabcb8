"""The product's own logs, landed in the working warehouse as append-only facts."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.owners import OWNERS
from dagster_project.progress import progress
from dagster_project.resources import Home
from dagster_project.tenants import TENANTS
from ingestion.product_usage import load
from ingestion.product_usage.mapping import LogMapping, UsageMapping, UsageRules
from revops.policy import Policy

TABLES = {
    "login": "Every login in the product's logs.",
    "usage": "Every metered use in the product's logs.",
    "account_link": "Which account of the product is which Stripe customer, by the company's own table.",
    "rules": "What the policy says of identity, of the time zone, and of when to be careful.",
    "file_status": "Which files and tables were read, and how far.",
    "quarantine": "Rows of logs that could not be understood, with file, line and reason.",
}


@dg.multi_asset(
    name="land_product_usage",
    partitions_def=TENANTS,
    specs=[
        dg.AssetSpec(
            key=["product", table],
            # A wrong policy ends the run before anything is read by it.
            deps=[["stripe", "integration"], ["operations", "policy"]],
            group_name="landing",
            owners=OWNERS,
            description=description,
            kinds={"dlt"},
        )
        for table, description in TABLES.items()
    ],
)
def land_product_usage(home: Home) -> Iterator[dg.MaterializeResult[None]]:
    """Read what is new in the tenant's logs and append it; without any the tables are there and empty."""
    policy = home.policy()
    report = load(
        home.profile,
        mapping=mapping_of(policy),
        rules=rules_of(policy),
        progress=progress(),
        settings=home.product_usage(),
    )
    counts = {
        "login": report.rows["login"],
        "usage": report.rows["usage"],
        "account_link": report.links,
        "quarantine": report.quarantined,
        "file_status": report.found,
    }
    for table in TABLES:
        yield dg.MaterializeResult(asset_key=["product", table], metadata={"dagster/row_count": counts.get(table, 1)})


def mapping_of(policy: Policy) -> UsageMapping:
    """The policy's section as ingestion takes it."""
    said = policy.product_usage
    table = said.mapping_table
    return UsageMapping(
        login=LogMapping(files=said.login.files or (), fields=said.login.fields.named()),
        usage=LogMapping(files=said.usage.files or (), fields=said.usage.fields.named()),
        time_zone=said.time_zone,
        cursor=said.cursor,
        late_minutes=said.late_minutes,
        **(
            {"account_links": table.path, "link_account": table.account, "link_customer": table.customer}
            if table
            else {}
        ),
    )


def rules_of(policy: Policy) -> UsageRules:
    """What the models need of the policy's section."""
    said = policy.product_usage
    return UsageRules(
        identity=said.identity,
        metadata_key=said.metadata_key,
        unmatched_warning_share=said.unmatched_warning_share,
        stale_after_days=said.stale_after_days,
    )
