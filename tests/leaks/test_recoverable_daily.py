"""The 90 days remember what earlier runs saw, and their last day is what totals say."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.leaks.company import charge, customer, invoice, seconds
from tests.leaks.warehouse import AS_OF, Version, Warehouse

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("recoverable_daily")]

MODELS = ("--select", "+recoverable_daily", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
BILLED = AS_OF - timedelta(days=10)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Two customers whose only try failed ten days ago and who owe ever since; one pays two days after our first
    run, inside the time in which Stripe may retry. Runs on three days, the last four days after the first."""
    warehouse = Warehouse(tmp_path_factory.mktemp("daily") / "warehouse.duckdb")
    for owner in range(2):
        failed = charge(str(owner), owner, owner, BILLED, "expired_card", fingerprint=f"fp_{owner}")
        owed = Version("invoice", invoice(owner, owner, BILLED), BILLED)
        warehouse.land([customer(owner, card=f"pm_{owner}"), owed, failed])
    warehouse.dbt("build", *MODELS, as_of=AS_OF)
    # A table of before first_alert_at was kept.
    warehouse.run("CREATE TABLE old AS SELECT * EXCLUDE (first_alert_at) FROM finding_history")
    warehouse.run("DROP TABLE finding_history; ALTER TABLE old RENAME TO finding_history")
    warehouse.dbt("build", *MODELS, as_of=AS_OF + timedelta(days=1))
    paid_at = AS_OF + timedelta(days=3)
    paid = invoice(0, 0, BILLED, status="paid", amount_paid=2900, amount_remaining=0)
    paid["status_transitions"] = {**paid["status_transitions"], "paid_at": seconds(paid_at)}
    warehouse.land([Version("invoice", paid, paid_at)])
    warehouse.dbt("build", *MODELS, as_of=AS_OF + timedelta(days=4))
    yield warehouse


def _amounts(warehouse: Warehouse) -> dict[int, int]:
    """Amounts by days before the last run."""
    rows = warehouse.query("SELECT day, amount_minor FROM recoverable_daily WHERE currency = 'usd'")
    last = max(row["day"] for row in rows)
    return {(last - row["day"]).days: row["amount_minor"] for row in rows}


def test_what_a_run_saw_as_an_alert_counts_from_that_run_until_it_was_paid(warehouse: Warehouse) -> None:
    amounts = _amounts(warehouse)
    assert [amounts[back] for back in (0, 1, 2, 3, 4)] == [2900, 2900, 5800, 5800, 2900]


def test_what_is_owed_today_counts_from_the_day_it_could_be_seen(warehouse: Warehouse) -> None:
    amounts = _amounts(warehouse)
    assert [amounts[back] for back in (13, 14, 15)] == [2900, 2900, 0]
    assert len(amounts) == 90


def test_the_last_day_is_what_totals_say(warehouse: Warehouse) -> None:
    warehouse.dbt("test", "--select", "the_last_day_is_what_totals_say", as_of=AS_OF + timedelta(days=4))
