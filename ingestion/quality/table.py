"""The results as a table, `stripe.quality_results`, of the last landing that was not stopped."""

from datetime import datetime

import duckdb
import orjson
import pyarrow as pa

from ingestion.profile import Profile
from ingestion.quality.report import PRODUCT, STRIPE, QualityReport, Result

_PARTS = {
    STRIPE: f"not starts_with(resource, '{PRODUCT}')",
    PRODUCT: f"starts_with(resource, '{PRODUCT}')",
}
SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("checked_at", pa.timestamp("us")),
        ("resource", pa.string()),
        ("expectation", pa.string()),
        ("severity", pa.string()),
        ("is_passed", pa.bool_()),
        ("observed", pa.string()),
        ("expected", pa.string()),
        ("failed_count", pa.int64()),
        ("sample", pa.string()),
        ("error", pa.string()),
    ]
)


def store(connection: duckdb.DuckDBPyConnection, profile: Profile, report: QualityReport, part: str = STRIPE) -> None:
    """Replaces a part of the table by a new report: the results of Stripe's tables or those of the product's logs."""
    assert report.checked_at is not None, "a new report has a time"  # noqa: S101
    connection.register("new_results", _as_table(report.results, profile.tenant_id, report.checked_at))
    connection.begin()
    connection.execute(f"delete from stripe.quality_results where {_PARTS[part]}")
    connection.execute("insert into stripe.quality_results by name select * from new_results")
    connection.commit()
    connection.unregister("new_results")


def read_results(connection: duckdb.DuckDBPyConnection, part: str = STRIPE) -> QualityReport:
    """The report of a part that the table holds; without results before the first check."""
    rows = connection.execute(
        "select checked_at, sample, resource, expectation, severity, is_passed, observed, expected, failed_count, "
        f"error from stripe.quality_results where {_PARTS[part]}"
    ).fetchall()
    results = tuple(
        Result(*row[2:9], sample=tuple(orjson.loads(row[1])), error=row[9])  # type: ignore[misc] # the columns above
        for row in rows
    )
    return QualityReport(results, checked_at=rows[0][0] if rows else None, is_new=False)


def stored(profile: Profile, part: str = STRIPE) -> QualityReport:
    """The report of a part that the warehouse holds, when nobody else has it open."""
    with duckdb.connect(str(profile.warehouse), read_only=True) as connection:
        return read_results(connection, part)


def _as_table(results: tuple[Result, ...], tenant_id: str, checked_at: datetime) -> pa.Table:
    rows = [
        {
            "tenant_id": tenant_id,
            "checked_at": checked_at,
            "resource": result.resource,
            "expectation": result.expectation,
            "severity": result.severity,
            "is_passed": result.is_passed,
            "observed": result.observed,
            "expected": result.expected,
            "failed_count": result.failed_count,
            "sample": orjson.dumps(result.sample).decode(),
            "error": result.error,
        }
        for result in results
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)
