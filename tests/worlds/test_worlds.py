"""Small accounts with the findings that are expected of them; a folder's name is the claim."""

from typing import Any

import pytest
import yaml

from tests.leaks.warehouse import Warehouse
from tests.worlds.conftest import FOLDER, WORLDS

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("worlds")]


def _expected(world: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / world / "expected.yml").read_text(encoding="utf-8"))


def _without_world(object_id: str, world: str) -> str:
    return object_id.removesuffix(f".{world}")


@pytest.mark.parametrize("world", WORLDS)
def test_the_folder_name_holds(worlds: Warehouse, world: str) -> None:
    expected = _expected(world)
    found = worlds.query(
        f"""
        SELECT findings.object_id AS object, verdicts.verdict, triage.is_alert, findings.amount_minor,
               findings.currency
        FROM leak_findings AS findings JOIN triage USING (finding_id)
        JOIN int_leaks__verdicts AS verdicts USING (finding_id)
        WHERE findings.object_id LIKE '%.{world}' ORDER BY object
        """
    )
    assert [{**row, "object": _without_world(row["object"], world)} for row in found] == expected["findings"]


@pytest.mark.parametrize("world", [world for world in WORLDS if _expected(world).get("silent")])
def test_what_is_silent_says_why(worlds: Warehouse, world: str) -> None:
    said = worlds.query(
        f"SELECT object_id, verdict FROM int_leaks__verdicts WHERE NOT is_leak AND object_id LIKE '%.{world}'"
    )
    verdicts = {_without_world(row["object_id"], world): row["verdict"] for row in said}
    assert verdicts == _expected(world)["silent"]


def test_totals_count_alerts_only_and_each_invoice_once(worlds: Warehouse) -> None:
    (totals,) = worlds.query(
        """
        SELECT sum(counted_minor) AS counted, sum(CASE WHEN is_alert THEN amount_minor ELSE 0 END) AS alerts
        FROM triage WHERE currency = 'usd'
        """
    )
    assert totals["counted"] == totals["alerts"] > 0


def test_evidence_names_no_email_and_no_card_fingerprint(worlds: Warehouse) -> None:
    evidence = [row["evidence"] for row in worlds.query("SELECT evidence FROM leak_findings")]
    assert evidence
    assert not [text for text in evidence if "@" in text or "fp_" in text or "fingerprint" in text]


def test_every_finding_says_why_and_what_would_prove_it_wrong(worlds: Warehouse) -> None:
    silent = worlds.query(
        """
        SELECT object_id FROM leak_findings
        WHERE json_array_length(evidence, '$.reasons') = 0 OR json_extract_string(evidence, '$.wrong_if') IS NULL
        """
    )
    assert silent == []


def test_dbt_unit_tests_hold(worlds: Warehouse) -> None:
    worlds.dbt("test", "--select", "test_type:unit")
