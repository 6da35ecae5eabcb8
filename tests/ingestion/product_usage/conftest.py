"""Landing without dlt's second of overhead, except where a test asks for it with `through_dlt`."""

from __future__ import annotations

import duckdb
import pytest

from ingestion.product_usage import loading
from ingestion.product_usage.batch import Part
from ingestion.product_usage.mapping import Kind
from ingestion.profile import Profile


@pytest.fixture
def through_dlt() -> None:
    """The test loads by dlt, as a run does."""


@pytest.fixture(autouse=True)
def _appends_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "through_dlt" in request.fixturenames:
        return

    def append(profile: Profile, kind: Kind, part: Part) -> None:
        with duckdb.connect(str(profile.warehouse)) as connection:
            connection.execute(f"insert into product.{kind} by name select * from read_parquet('{part.path}')")

    monkeypatch.setattr(loading, "append", append)
