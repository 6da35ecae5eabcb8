"""Batches of delivered events build only what they touch; what they find is what a rebuild of everything finds."""

import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from dagster_project.batch_models import models_of_batch
from dagster_project.manifest import read_manifest
from tests.leaks.company import charge, company, customer, invoice, seconds
from tests.leaks.warehouse import Version, Warehouse, utc

pytestmark = pytest.mark.pipeline

NO_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
FOUND = ("leaks__unpaid_invoice", "leak_findings", "finding_lines", "triage")
LONG_AGO = utc(2026, 7, 1)


def _deliver(warehouse: Warehouse, versions: Iterable[Version]) -> None:
    """One batch as the worker takes it."""
    versions = list(versions)
    warehouse.land(versions)
    objects = sorted({(one.resource, one.payload["id"]) for one in versions})
    warehouse.run("DELETE FROM stripe.batch")
    for resource, id in objects:
        warehouse.run(f"INSERT INTO stripe.batch VALUES ('default', '{resource}', '{id}')")
    models = models_of_batch(read_manifest(), {resource for resource, _ in objects})
    warehouse.dbt("run", "--select", *models, full_pass=False, batch=True)


def _found(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    return {table: warehouse.query(f"SELECT * FROM {table} ORDER BY ALL") for table in FOUND}


@pytest.mark.parametrize("seed", [int(os.environ.get("LEAKS_TEST_SEED", "2"))])
def test_any_hot_batches_find_what_a_full_rebuild_finds(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    versions = company(seed, customers=20)
    cuts = sorted(chance.sample(range(len(versions) // 2, len(versions)), 4))
    batches = [versions[begin:end] for begin, end in zip([0, *cuts], [*cuts, None], strict=True)]
    # Deliveries are repeated, and what was delivered before comes again with what is new.
    batches[2] = [*batches[2], *chance.sample(batches[0], 5)]
    hot = Warehouse(tmp_path / "hot" / "warehouse.duckdb")
    hot.land(batches[0])
    hot.dbt("build", *NO_TESTS)
    ever: set[str] = set()
    for batch in batches[1:]:
        ever |= {row["object_id"] for row in hot.query("SELECT object_id FROM leak_findings")}
        _deliver(hot, batch)
    whole = Warehouse(tmp_path / "whole" / "warehouse.duckdb")
    for batch in batches:
        whole.land(batch)
    whole.dbt("build", *NO_TESTS, "--full-refresh")
    assert _found(hot) == _found(whole)
    still = {row["object_id"] for row in hot.query("SELECT object_id FROM leak_findings")}
    assert ever - still, "the seed must contain leaks that ended"
    assert still - ever, "and leaks that a batch began"


def test_after_a_run_that_ended_half_way_a_batch_builds_what_it_left(tmp_path: Path) -> None:
    """The run had built some tables of a customer and noted nothing, and the customer changed back since."""
    opened = invoice(0, 0, LONG_AGO)
    paid = invoice(0, 0, LONG_AGO, status="paid", amount_paid=2900, amount_remaining=0)
    paid["status_transitions"]["paid_at"] = seconds(LONG_AGO)
    failed = charge("0", 0, 0, LONG_AGO, "expired_card", fingerprint="fp")
    landings = [
        [customer(0, card="pm_0"), Version("invoice", opened, LONG_AGO, "evt_1"), failed],
        [Version("invoice", paid, utc(2026, 8, 1), "evt_2")],
        [Version("invoice", opened, utc(2026, 8, 2), "evt_3")],
    ]
    hot = Warehouse(tmp_path / "hot" / "warehouse.duckdb")
    hot.land(landings[0])
    hot.dbt("build", *NO_TESTS)
    hot.land(landings[1])
    hot.dbt("run", "--select", "stg_stripe__invoices", "int_billing__customer_states", "invoices", full_pass=False)
    assert hot.query("SELECT status FROM invoices") == [{"status": "paid"}]
    _deliver(hot, landings[2])
    whole = Warehouse(tmp_path / "whole" / "warehouse.duckdb")
    for versions in landings:
        whole.land(versions)
    whole.dbt("build", *NO_TESTS, "--full-refresh")
    assert _found(hot) == _found(whole)
    assert [row["object_id"] for row in _found(hot)["leak_findings"]] == ["in_0"]


def test_a_batch_builds_nothing_where_no_leak_reads_what_it_touched() -> None:
    manifest = read_manifest()
    assert models_of_batch(manifest, {"event"}) == []
    names = models_of_batch(manifest, {"invoice"})
    assert {"stg_stripe__invoices", "leaks__unpaid_invoice", "leak_findings", "int_billing__built_states"} <= {*names}
    assert "stg_stripe__customers" not in names, "nobody touched it"
    assert "payments" not in names, "no leak reads it"
