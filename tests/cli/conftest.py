"""The real command, and homes to use it on."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests import leaks_command

Leaks = Callable[..., "subprocess.CompletedProcess[str]"]

_OURS = ("LEAKS_", "STRIPE_", "SLACK_", "SMTP_", "LINEAR_", "PROFILE", "DAGSTER_HOME", "DATABASE_URL")


def clean_environment() -> dict[str, str]:
    """The environment without any setting of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


def start(cwd: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `leaks` in a folder without `.env`, with no settings but those given."""
    return leaks_command.run(arguments, cwd, {**clean_environment(), **environment})


@pytest.fixture
def leaks(tmp_path: Path) -> Leaks:
    """`leaks("sql", "select 1", LEAKS_HOME=...)` in an empty folder."""

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return start(tmp_path, *arguments, **environment)

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which something is published."""
    folder = tmp_path / "home" / "default"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "published-1.duckdb")) as connection:
        connection.execute(
            """
            create table leak_findings as
            select * from (values
                ('in_1', 'usd', 1999::bigint, timestamp '2026-09-01 10:00:00', 0.8::double),
                ('in_2', 'jpy', 500::bigint, timestamp '2026-09-02 00:00:00', null)
            ) t (object_id, currency, amount_minor, detected_at, confidence);
            create table triage as
            select 'default' as tenant_id, 'unpaid_invoice' as leak_type, 'failed_charges' as family, *
            from (values
                ('usd', true, 1999::bigint, 1999::bigint, 500::bigint, 0::bigint),
                ('usd', true, 1::bigint, 1::bigint, 1::bigint, 0::bigint),
                ('usd', false, 700::bigint, 0::bigint, 300::bigint, 0::bigint),
                ('jpy', true, 500::bigint, 500::bigint, 100::bigint, 0::bigint)
            ) t (currency, is_alert, amount_minor, counted_minor, expected_recovery_minor, recurring_minor);
            create table leak_types as
            select 'default' as tenant_id, 'unpaid_invoice' as leak_type, 'Unpaid invoices' as title;
            create table data_coverage as
            select 'dispute' as resource, false as is_on, 'no permission' as reason,
                'rak_dispute_read' as permission;
            create table integration as select 'live' as mode;
            create table quarantined as select 'in_9' as id;
            create table product_usage_coverage as
            select * from (values
                ('login', 1200::bigint, 0.965::double, 0::bigint, 'the login log ends early'),
                ('usage', 0::bigint, null, 0::bigint, 'no row of this kind was read')
            ) t (source, "rows", matched_share, quarantined_count, note);
            """
        )
    pointer = {
        "file": "published-1.duckdb",
        "n": 1,
        "as_of": "2026-10-01T00:00:00Z",
        "published_at": "2026-10-01T00:00:05Z",
    }
    (folder / "published.json").write_text(json.dumps(pointer))
    return folder.parent
