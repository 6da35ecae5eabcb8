"""The pattern behind every detector: customer by customer, whatever the batches, as if built at once."""

import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.leaks.company import charge, company, customer, invoice, seconds
from tests.leaks.warehouse import AS_OF, Version, Warehouse

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("leak_batches")]

NO_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
DETECTOR = ("--select", "+leaks__unpaid_invoice", *NO_TESTS)


def _rows(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.query("SELECT * FROM leaks__unpaid_invoice ORDER BY customer_key, object_id")


def _leaking(warehouse: Warehouse) -> set[str]:
    return {row["object_id"] for row in _rows(warehouse) if row["is_leak"]}


@pytest.mark.parametrize("seed", [int(os.environ.get("LEAKS_TEST_SEED", "1"))])
def test_any_batches_equal_a_full_rebuild_also_for_leaks_that_ended(tmp_path: Path, seed: int) -> None:
    versions = company(seed, customers=30)
    chance = random.Random(seed)
    cuts = sorted(chance.sample(range(1, len(versions)), 2))
    batches = [versions[: cuts[0]], versions[cuts[0] : cuts[1]], versions[cuts[1] :]]
    in_batches = Warehouse(tmp_path / "batches" / "warehouse.duckdb")
    ever_leaking: set[str] = set()
    for batch in batches:
        in_batches.land(batch)
        in_batches.dbt("build", *DETECTOR, full_pass=False)
        ever_leaking |= _leaking(in_batches)
    at_once = Warehouse(tmp_path / "at_once" / "warehouse.duckdb")
    for batch in batches:
        at_once.land(batch)
    at_once.dbt("build", *DETECTOR, "--full-refresh")
    assert _rows(in_batches) == _rows(at_once)
    assert _leaking(at_once) < ever_leaking, "the seed must contain leaks that ended"


def test_a_batch_looks_only_at_its_customers_and_those_who_share_their_card(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    long_ago = AS_OF - timedelta(days=60)
    for owner in range(3):
        fingerprint = "fp_shared" if owner < 2 else "fp_other"
        warehouse.land(
            [
                customer(owner, card=f"pm_{owner}"),
                Version("invoice", invoice(owner, owner, long_ago)),
                charge(str(owner), owner, owner, long_ago, "expired_card", fingerprint=fingerprint),
            ]
        )
    warehouse.dbt("build", *DETECTOR)
    an_hour_later = AS_OF + timedelta(hours=1)
    paid = invoice(0, 0, long_ago, status="paid", amount_paid=2900, amount_remaining=0)
    paid["status_transitions"]["paid_at"] = seconds(AS_OF)
    warehouse.land([Version("invoice", paid, an_hour_later)])
    warehouse.dbt("build", *DETECTOR, as_of=an_hour_later, full_pass=False)
    assert {row["customer_id"]: row["as_of"] for row in _rows(warehouse)} == {
        "cus_0": an_hour_later,
        "cus_1": an_hour_later,
        "cus_2": AS_OF,
    }
    assert _leaking(warehouse) == {"in_1", "in_2"}
    the_next_day = AS_OF + timedelta(days=1)
    warehouse.dbt("build", *DETECTOR, as_of=the_next_day, full_pass=False)
    assert {row["as_of"] for row in _rows(warehouse)} == {the_next_day}, "a new day looks at everybody"
    warehouse.run("UPDATE operations.policy SET policy_version = 'new', minimum_amount_minor = 5000")
    warehouse.dbt("build", *DETECTOR, as_of=the_next_day, full_pass=False)
    assert _leaking(warehouse) == set(), "so does a new policy"
