"""The quality gate between landing and models: its results as asset checks on the landed tables."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.owners import OWNERS
from dagster_project.progress import progress
from dagster_project.resources import Home, RunOptions
from dagster_project.tenants import TENANTS
from ingestion.errors import QualityCheckError, QualityError
from ingestion.quality import PRODUCT, QualityReport, Result, check, check_usage, stored
from ingestion.stripe.resources import TABLES

CHECK = "what_landed"
CHECKED = (*TABLES, "integration")
LOGS = ("login", "usage")


@dg.multi_asset_check(
    name="check_what_landed",
    specs=[
        dg.AssetCheckSpec(
            CHECK,
            asset=["stripe", table],
            blocking=True,
            description="Ids, types, currencies, times, modes and references of what just landed."
            if table in TABLES
            else "The landing as a whole: account, mode, clock and volume.",
        )
        for table in CHECKED
    ],
)
def check_what_landed(home: Home, options: RunOptions) -> Iterator[dg.AssetCheckResult]:
    """Check what is new and put single rows at fault aside; where nothing landed the last results stay."""
    progress().step("checking", 0, 1)
    error: QualityError | QualityCheckError | None = None
    try:
        report = check(home.profile, is_accepted=options.accept)
    except (QualityError, QualityCheckError) as failure:
        if failure.report is None:
            raise
        error, report = failure, failure.report
    for table in CHECKED:
        yield _result("stripe", table, report, is_stopped=error is not None)
    if error is not None:
        raise error
    progress().step("checking", 1, 1)


@dg.multi_asset_check(
    name="check_product_usage",
    specs=[
        dg.AssetCheckSpec(
            CHECK,
            asset=["product", kind],
            blocking=True,
            description="Times, quantities, refused rows and volume of the product's logs that just landed.",
        )
        for kind in LOGS
    ],
)
def check_product_usage(home: Home) -> Iterator[dg.AssetCheckResult]:
    """Check what is new in the product's logs; none of it stops a run, but a check that breaks does."""
    report = check_usage(home.profile)
    for kind in LOGS:
        yield _result("product", kind, report, is_stopped=False)


@dg.asset(
    key=["stripe", "quality_results"],
    partitions_def=TENANTS,
    deps=[*(["stripe", table] for table in CHECKED), *(["product", kind] for kind in LOGS)],
    group_name="landing",
    owners=OWNERS,
    kinds={"duckdb"},
    description="What the quality gate found in the last landing: a row per expectation and table.",
)
def quality_results(home: Home) -> dg.MaterializeResult[None]:
    """Say what is in the table, which the checks have filled."""
    reports = stored(home.profile), stored(home.profile, PRODUCT)
    return dg.MaterializeResult(
        metadata={
            "expectations": sum(len(report.results) for report in reports),
            "failed": dg.MetadataValue.json([result.line for report in reports for result in report.failed]),
            "checked_at": str(reports[0].checked_at),
        }
    )


def _result(dataset: str, table: str, report: QualityReport, *, is_stopped: bool) -> dg.AssetCheckResult:
    resource = table if dataset == "stripe" else f"{PRODUCT}{table}"
    results = [result for result in report.results if result.resource == resource]
    failed = [result for result in report.failed if result.resource == resource]
    # What a person has accepted, and what is only repeated here, stops nothing.
    is_critical = is_stopped and any(result.severity == "critical" for result in failed)
    return dg.AssetCheckResult(
        asset_key=[dataset, table],
        check_name=CHECK,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        description="; ".join(result.observed for result in failed)
        or (f"{len(results)} expectations met" if results else "nothing new landed in it"),
        metadata={
            "expectations": dg.MetadataValue.md(_table(failed + [one for one in results if one.is_passed])),
            "failed": dg.MetadataValue.json([result.line for result in failed]),
            "is_new": report.is_new,
            "checked_at": str(report.checked_at),
        },
    )


def _table(results: list[Result]) -> str:
    lines = ["| expectation | | observed | expected | for example |", "|---|---|---|---|---|"]
    lines += [
        f"| {result.expectation} | {'met' if result.is_passed else result.severity} "
        f"| {_cell(result.error or result.observed)} | {_cell(result.expected)} | {_cell(', '.join(result.sample))} |"
        for result in results
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
