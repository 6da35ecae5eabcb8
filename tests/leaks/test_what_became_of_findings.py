"""A finding that is gone is explained by what happened to its object; absence alone explains nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.leaks.company import charge, customer, invoice, seconds
from tests.leaks.warehouse import AS_OF, Version, Warehouse

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("leak_resolutions")]

LONG_AGO = AS_OF - timedelta(days=60)
MODELS = ("--select", "+leak_resolutions", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


class Days:
    """One company over several days, a full pass each day."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.day = AS_OF - timedelta(days=1)
        for owner in range(4):
            warehouse.land(
                [
                    customer(owner, card=f"pm_{owner}"),
                    Version("invoice", invoice(owner, owner, LONG_AGO), LONG_AGO),
                    charge(str(owner), owner, owner, LONG_AGO, "expired_card", fingerprint=f"fp_{owner}"),
                ]
            )

    def next(self, *changed: dict[str, Any], full_refresh: bool = False) -> None:
        """A day later, with these invoices read anew."""
        self.day += timedelta(days=1)
        self.warehouse.land(Version("invoice", payload, self.day) for payload in changed)
        self.warehouse.dbt("build", *MODELS, *(["--full-refresh"] if full_refresh else []), as_of=self.day)

    def set_policy(self, version: str, minimum_amount_minor: int) -> None:
        """Another policy from now on."""
        self.warehouse.run(
            f"UPDATE operations.policy SET policy_version = '{version}', minimum_amount_minor = {minimum_amount_minor}"
        )

    @property
    def findings(self) -> set[str]:
        """Invoices that are found today."""
        return {row["object_id"] for row in self.warehouse.query("SELECT object_id FROM leak_findings")}

    @property
    def resolutions(self) -> dict[str, str]:
        """What is said today of invoices."""
        rows = self.warehouse.query("SELECT object_id, resolution FROM leak_resolutions")
        return {row["object_id"]: row["resolution"] for row in rows}

    @property
    def history(self) -> list[dict[str, Any]]:
        """The memory of findings."""
        return self.warehouse.query(
            "SELECT object_id, first_seen_at, last_seen_at FROM finding_history ORDER BY object_id"
        )


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """The first day: four unpaid invoices, nothing explained."""
    started = Days(Warehouse(tmp_path_factory.mktemp("days") / "warehouse.duckdb"))
    started.next()
    assert started.findings == {"in_0", "in_1", "in_2", "in_3"}
    assert started.resolutions == {}
    yield started


def _paid(number: int, at: datetime) -> dict[str, Any]:
    payload = invoice(number, number, LONG_AGO, status="paid", amount_paid=2900, amount_remaining=0)
    payload["status_transitions"]["paid_at"] = seconds(at)
    return payload


def _voided(number: int, at: datetime) -> dict[str, Any]:
    payload = invoice(number, number, LONG_AGO, status="void")
    payload["status_transitions"]["voided_at"] = seconds(at)
    return payload


def test_one_story_from_found_to_explained(days: Days) -> None:
    soon = AS_OF + timedelta(hours=1)
    days.next(_paid(0, soon), _voided(1, soon))
    assert days.findings == {"in_2", "in_3"}
    assert days.resolutions == {"in_0": "paid", "in_1": "voided"}

    days.set_policy("large ones only", 5000)
    days.next(_paid(2, days.day + timedelta(hours=1)))
    assert days.findings == set()
    assert days.resolutions == {
        "in_0": "paid",
        "in_1": "voided",
        "in_2": "paid",  # a deed since it was found, whatever the policy says now
        "in_3": "withdrawn_by_definition",  # nobody paid: our own change of mind recovers nothing
    }

    days.warehouse.run("UPDATE stripe.resource_status SET is_on = false WHERE resource = 'invoice'")
    days.next()
    assert days.findings == set()
    assert days.resolutions == {}, "a resource that went off explains nothing"

    days.warehouse.run("UPDATE stripe.resource_status SET is_on = true WHERE resource = 'invoice'")
    days.set_policy("defaults", 0)
    days.next(full_refresh=True)
    assert days.findings == {"in_3"}
    remembered = {row["object_id"]: row for row in days.history}
    assert remembered.keys() == {"in_0", "in_1", "in_2", "in_3"}, "a full refresh forgets nothing"
    assert remembered["in_3"]["first_seen_at"] == AS_OF
    assert remembered["in_3"]["last_seen_at"] == days.day

    history = days.history
    days.warehouse.dbt("build", *MODELS, as_of=AS_OF, schema="as_of_20261001t000000z")
    assert days.history == history, "a look at an earlier day leaves the present's memory alone"
    (row,) = days.warehouse.query("SELECT count(*) AS found FROM as_of_20261001t000000z.leak_findings")
    assert row["found"] == 4
