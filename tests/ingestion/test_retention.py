"""What refused rows said is kept for a while; that they were refused, and why, for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.profile import Profile
from ingestion.retention import forget_quarantined
from tests.ingestion.landed import customer, from_export, land, quarantine, rows, write_lines
from tests.ingestion.product_usage.logs import land as land_logs
from tests.ingestion.product_usage.logs import lines, login, write

SECOND = timedelta(seconds=1)


@pytest.fixture
def refused(profile: Profile, tmp_path: Path) -> datetime:
    """A home with a refused object and a refused login; when both were refused."""
    write_lines(tmp_path / "export" / "customer.jsonl", [customer(1), customer(2, currency="xyz")])
    land(profile, from_export(tmp_path / "export", stripe_export_at=datetime(2026, 10, 1, tzinfo=UTC)))
    land_logs(profile, write(tmp_path / "login.jsonl", lines([login(1), {"email": "a@b.example"}])))
    at = datetime(2026, 11, 1, tzinfo=UTC).replace(tzinfo=None)
    with duckdb.connect(str(profile.warehouse)) as connection:
        for schema in ("stripe", "product"):
            connection.execute(f"update {schema}.quarantine set quarantined_at = ?", [at])
    return at


def test_texts_go_the_moment_after_their_time_and_not_before(profile: Profile, refused: datetime) -> None:
    before = quarantine(profile)
    assert forget_quarantined(profile, refused) == 0
    assert quarantine(profile) == before
    assert forget_quarantined(profile, refused + SECOND) == 2
    assert quarantine(profile) == [{**row, "raw_text": ""} for row in before]
    assert rows(profile, "select raw_text, reason from product.quarantine")[0]["reason"]
    assert forget_quarantined(profile, refused + SECOND) == 0


def test_a_home_without_a_warehouse_has_nothing_to_forget(profile: Profile) -> None:
    assert forget_quarantined(profile, datetime.now(UTC).replace(tzinfo=None)) == 0
    assert not profile.home.exists()
