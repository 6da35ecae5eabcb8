"""A warehouse with raw Stripe versions in it, and dbt run over it for real: what leak tests stand on."""

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from dagster_project.warm_dbt import release

ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = ROOT / "dbt_project"

RESOURCES = (
    *("customer", "subscription", "subscription_schedule", "invoice", "invoice_payment", "invoiceitem"),
    *("charge", "payment_intent", "payment_method", "product", "price", "coupon", "promotion_code"),
    *("refund", "dispute", "credit_note", "balance_transaction", "meter", "meter_event_summary", "event"),
)


def utc(*parts: int) -> datetime:
    """A moment as the warehouse stores it: UTC without a zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc, arg-type]


AS_OF = utc(2026, 10, 1)

_VERSION_COLUMNS = """
    tenant_id VARCHAR, id VARCHAR, version_at TIMESTAMP, source VARCHAR, event_id VARCHAR, api_version VARCHAR,
    payload VARCHAR, payload_hash VARCHAR, loaded_at TIMESTAMP
"""

_OTHER_TABLES = """
    CREATE TABLE stripe.integration (
        tenant_id VARCHAR, source VARCHAR, account_id VARCHAR, mode VARCHAR, source_now TIMESTAMP,
        api_version VARCHAR, since TIMESTAMP, landed_at TIMESTAMP);
    CREATE TABLE stripe.resource_status (
        tenant_id VARCHAR, resource VARCHAR, is_on BOOLEAN, reason VARCHAR, permission VARCHAR,
        covered_from TIMESTAMP, read_at TIMESTAMP, row_count BIGINT, quarantined_count BIGINT,
        other_mode_count BIGINT);
    CREATE TABLE stripe.batch (tenant_id VARCHAR, resource VARCHAR, id VARCHAR);
    CREATE TABLE stripe.quarantine (
        tenant_id VARCHAR, resource VARCHAR, id VARCHAR, reason VARCHAR, raw_text VARCHAR, origin VARCHAR,
        quarantined_at TIMESTAMP);
    CREATE TABLE stripe.quality_results (
        tenant_id VARCHAR, checked_at TIMESTAMP, resource VARCHAR, expectation VARCHAR, severity VARCHAR,
        is_passed BOOLEAN, observed VARCHAR, expected VARCHAR, failed_count BIGINT, sample VARCHAR, error VARCHAR);
    CREATE TABLE stripe.drift (
        tenant_id VARCHAR, reconciled_at TIMESTAMP, begins_at TIMESTAMP, is_repaired BOOLEAN, resource VARCHAR,
        our_count BIGINT, stripe_count BIGINT, missing_count BIGINT, different_count BIGINT, gone_count BIGINT,
        other_version_count BIGINT, unread_reason VARCHAR);
    CREATE TABLE stripe.drift_objects (
        tenant_id VARCHAR, reconciled_at TIMESTAMP, resource VARCHAR, object_id VARCHAR, verdict VARCHAR);
    CREATE TABLE stripe.webhook_endpoints (
        tenant_id VARCHAR, endpoint_id VARCHAR, url VARCHAR, state VARCHAR, message VARCHAR, received_at TIMESTAMP,
        checked_at TIMESTAMP);
    CREATE TABLE operations.policy (
        tenant_id VARCHAR, policy_version VARCHAR, reporting_currency VARCHAR, standard_trial_days INTEGER,
        retry_max_attempts INTEGER, retry_window_days INTEGER, overdue_grace_days INTEGER,
        minimum_amount_minor BIGINT, valid_from TIMESTAMP);
    CREATE TABLE operations.policy_exemptions (
        tenant_id VARCHAR, leak_type VARCHAR, object_type VARCHAR, metadata_key VARCHAR,
        metadata_value VARCHAR, reason VARCHAR);
    CREATE TABLE operations.leak_records (
        tenant_id VARCHAR, leak_id VARCHAR, root_cause VARCHAR, occurrence VARCHAR, family VARCHAR, leak_type VARCHAR,
        object_type VARCHAR, object_id VARCHAR, customer_id VARCHAR, currency VARCHAR, amount_minor BIGINT,
        is_alert BOOLEAN, status VARCHAR, resolution VARCHAR, opened_at TIMESTAMP, closed_at TIMESTAMP,
        resolved_at TIMESTAMP);
    CREATE TABLE operations.action_records (
        tenant_id VARCHAR, action_id VARCHAR, leak_id VARCHAR, kind VARCHAR, moves_money BOOLEAN, currency VARCHAR,
        amount_minor BIGINT, status VARCHAR, denied_because VARCHAR, created_at TIMESTAMP, dispatched_at TIMESTAMP,
        ended_at TIMESTAMP, outcome VARCHAR, collected_minor BIGINT, collected_at TIMESTAMP, charge_id VARCHAR);
    CREATE TABLE product.login (
        tenant_id VARCHAR, account_id VARCHAR, user_id VARCHAR, user_email VARCHAR, method VARCHAR,
        occurred_at TIMESTAMP, is_zone_assumed BOOLEAN, idempotency_key VARCHAR, row_key BIGINT, origin VARCHAR,
        read_from BIGINT, mapping_version VARCHAR, loaded_at TIMESTAMP);
    CREATE TABLE product.usage (
        tenant_id VARCHAR, account_id VARCHAR, user_id VARCHAR, user_email VARCHAR, metric VARCHAR,
        quantity DECIMAL(38, 6), occurred_at TIMESTAMP, is_zone_assumed BOOLEAN, idempotency_key VARCHAR,
        row_key BIGINT, origin VARCHAR, read_from BIGINT, mapping_version VARCHAR, loaded_at TIMESTAMP);
    CREATE TABLE product.account_link (
        tenant_id VARCHAR, account_id VARCHAR, customer_id VARCHAR, origin VARCHAR);
    CREATE TABLE product.rules (
        tenant_id VARCHAR, is_configured BOOLEAN, time_zone VARCHAR, identity VARCHAR, metadata_key VARCHAR,
        unmatched_warning_share DOUBLE, stale_after_days INTEGER);
    CREATE TABLE product.file_status (
        tenant_id VARCHAR, origin VARCHAR, kind VARCHAR, mapping_version VARCHAR, size BIGINT, head VARCHAR,
        tail VARCHAR, read_to BIGINT, read_lines BIGINT, cursor VARCHAR, row_count BIGINT, landed_count BIGINT,
        quarantined_count BIGINT, first_at TIMESTAMP, last_at TIMESTAMP, read_at TIMESTAMP);
    CREATE TABLE product.quarantine (
        tenant_id VARCHAR, resource VARCHAR, id VARCHAR, reason VARCHAR, raw_text VARCHAR, origin VARCHAR,
        quarantined_at TIMESTAMP);
    INSERT INTO product.rules VALUES
        ('default', false, 'UTC', 'stripe_id,metadata,mapping,email,domain', 'account_id', 0.05, 3);
    INSERT INTO operations.policy VALUES ('default', 'defaults', 'usd', 14, 8, 30, 7, 0, NULL);
"""


@dataclass(frozen=True)
class Version:
    """One state of one Stripe object, as landing stores it."""

    resource: str
    payload: Mapping[str, Any]
    at: datetime = AS_OF - timedelta(hours=6)
    event_id: str | None = None


class Warehouse:
    """A DuckDB file with every raw table, empty at first. No connection stays open: dbt needs the file."""

    def __init__(self, path: Path) -> None:
        """Create the file at `path`, with all resources switched on and the default policy."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._landings = 0
        with self._connect() as connection:
            connection.execute("CREATE SCHEMA stripe; CREATE SCHEMA operations; CREATE SCHEMA product")
            for resource in RESOURCES:
                connection.execute(f"CREATE TABLE stripe.{resource} ({_VERSION_COLUMNS})")
            connection.execute(_OTHER_TABLES)
            connection.execute(
                "INSERT INTO stripe.integration VALUES ('default', 'api', NULL, 'live', ?, NULL, NULL, ?)",
                [AS_OF, AS_OF],
            )
            connection.executemany(
                "INSERT INTO stripe.resource_status VALUES ('default', ?, true, NULL, NULL, NULL, NULL, 0, 0, 0)",
                [[resource] for resource in RESOURCES],
            )

    def land(self, versions: Iterable[Version]) -> None:
        """Append versions as one landing: they share a loaded_at, later than that of earlier landings."""
        self._landings += 1
        loaded_at = utc(2026, 10, 1, 0, self._landings)
        with self._connect() as connection:
            for version in versions:
                payload = json.dumps(version.payload, sort_keys=True)
                source = "event" if version.event_id else "api"
                digest = hashlib.sha256(payload.encode()).hexdigest()
                row = ["default", version.payload["id"], version.at, source, version.event_id, None]
                connection.execute(
                    f"INSERT INTO stripe.{version.resource} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [*row, payload, digest, loaded_at],
                )

    def run(self, sql: str) -> None:
        """Change something in the raw tables."""
        with self._connect() as connection:
            connection.execute(sql)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        with self._connect(read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def dbt(
        self,
        *arguments: str,
        as_of: datetime = AS_OF,
        full_pass: bool = True,
        schema: str = "main",
        batch: bool = False,
    ) -> None:
        """Run dbt in this process. Raises AssertionError with dbt's own messages where it fails."""
        from dbt.cli.main import dbtRunner

        variables = {"as_of": as_of.replace(tzinfo=UTC).isoformat(), "full_pass": full_pass, "batch": batch}
        environment = {"LEAKS_WAREHOUSE": str(self.path), "LEAKS_SCHEMA": schema, "PROFILE": "duckdb"}
        with mock.patch.dict(os.environ, environment), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = dbtRunner(manifest=_manifest(schema)).invoke(
                [*arguments, *_options(self.path.parent / "dbt"), "--vars", json.dumps(variables)]
            )
            release()
        failures = [
            f"{node.node.name}: {node.message}"
            for node in getattr(result.result, "results", [])
            if node.status in ("error", "fail", "runtime error")
        ]
        assert result.success, "\n".join([*failures, str(result.exception or "")])

    @contextmanager
    def _connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = duckdb.connect(str(self.path), read_only=read_only)
        try:
            yield connection
        finally:
            connection.close()


@cache
def _manifest(schema: str) -> Any:
    """The project, parsed once for each schema it is built into: a run with other vars would parse it again."""
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as target:
        result = dbtRunner().invoke(["parse", *_options(Path(target)), "--vars", '{"as_of": "2026-10-01"}'])
    assert result.success, str(result.exception)
    return result.result


def _options(target: Path) -> list[str]:
    return [
        *("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats", "--log-path", str(target)),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target)),
    ]
