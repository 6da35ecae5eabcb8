"""The logs of acme-200, counted by us and by a plain reading of the files."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.profile import Profile
from tests.ingestion.landed import rows
from tests.ingestion.product_usage.logs import land, refused


def plain(folder: Path, name: str) -> list[dict[str, Any]]:
    """Every line of a file."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def landed(acme_200: Path, tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """The folder, landed."""
    profile = Profile(tmp_path_factory.mktemp("acme"))
    land(profile, acme_200)
    return profile


def test_every_login_lands_once_in_its_second(acme_200: Path, landed: Profile) -> None:
    expected = Counter((row["customer"], row["user_id"], row["ts"], row["method"]) for row in plain(acme_200, "login"))
    found = rows(landed, "select account_id, user_id, epoch(occurred_at)::bigint as ts, method from product.login")
    assert Counter(tuple(row.values()) for row in found) == expected
    assert refused(landed) == []


def test_every_use_lands_once_with_its_quantity(acme_200: Path, landed: Profile) -> None:
    keys: dict[tuple[str, str], Decimal] = {}
    months: Counter[tuple[str, str, str]] = Counter()
    for row in plain(acme_200, "usage"):
        if (row["customer"], row["idempotency_key"]) not in keys:
            keys[row["customer"], row["idempotency_key"]] = Decimal(row["quantity"])
            month = datetime.fromtimestamp(row["ts"], UTC).strftime("%Y-%m")
            months[row["customer"], row["metric"], month] += row["quantity"]
    found = rows(
        landed,
        """
        select account_id, metric, strftime(occurred_at, '%Y-%m') as month, sum(quantity)::bigint as quantity
        from product.usage group by all
        """,
    )
    assert {(row["account_id"], row["metric"], row["month"]): row["quantity"] for row in found} == months
    assert rows(landed, "select count(*) as n from product.usage")[0]["n"] == len(keys)


def test_every_account_is_a_customer_of_the_export(acme_200: Path, landed: Profile) -> None:
    customers = {row["id"] for row in plain(acme_200, "customer")}
    accounts = {row["account_id"] for row in rows(landed, "select account_id from product.login")}
    assert accounts <= customers
