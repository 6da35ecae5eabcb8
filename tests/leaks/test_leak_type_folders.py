"""What holds for every leak type: one folder, whole, named alike everywhere."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.leaks.warehouse import DBT_PROJECT, RESOURCES

LEAKS = DBT_PROJECT / "models" / "leaks"
SEEDS = DBT_PROJECT / "seeds"
FOLDERS = sorted(path.parent for path in LEAKS.glob("*/*/leaks__*.sql"))
NAMES = [folder.name for folder in FOLDERS]

FAMILIES = {
    *("failed_charges", "coupon_misuse", "forever_trials", "quiet_churn", "unbilled_usage", "pricing"),
    *("billing_mechanics", "money_out", "entitlement", "churn_risk"),
}
HEADINGS = ["What it is", "Why it is flagged", "False positives", "How to check", "What to do", "Never"]
FINDING = [
    *("tenant_id", "finding_id", "leak_type", "family", "object_type", "object_id", "customer_id", "currency"),
    *("amount_minor", "recurring_minor", "confidence", "recovery_probability", "first_detectable_at"),
    *("root_cause", "evidence", "definition_version", "as_of"),
]

each_leak_type = pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)


@cache
def _yaml(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _model(path: Path, name: str) -> dict[str, Any]:
    (model,) = [model for model in _yaml(path)["models"] if model["name"] == name]
    return model


def _described(folder: Path) -> dict[str, Any]:
    return _model(folder / f"leaks__{folder.name}.yml", f"leaks__{folder.name}")


def _rows(seed: str) -> list[dict[str, str]]:
    (path,) = SEEDS.rglob(f"{seed}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_there_are_leak_types_and_their_names_are_unique() -> None:
    assert NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_every_folder_of_a_family_is_a_leak_type() -> None:
    folders = {path for path in LEAKS.glob("*/*") if path.is_dir()}
    assert folders == set(FOLDERS)
    assert {folder.parent.name for folder in FOLDERS} <= FAMILIES


@each_leak_type
def test_a_folder_is_sql_description_and_playbook(folder: Path) -> None:
    names = {f"leaks__{folder.name}.sql", f"leaks__{folder.name}.yml", "playbook.md"}
    assert {path.name for path in folder.iterdir()} == names


@each_leak_type
def test_the_sql_writes_rows_under_its_own_name(folder: Path) -> None:
    sql = (folder / f"leaks__{folder.name}.sql").read_text(encoding="utf-8")
    assert f'one_row_per_customer("{folder.parent.name}", "{folder.name}",' in sql
    assert "{{ config(**leak_type_config()) }}" in sql
    assert "customers_in_scope()" in sql


@each_leak_type
def test_meta_says_what_people_and_code_need(folder: Path) -> None:
    config = _described(folder)["config"]
    assert config["contract"] == {"enforced": True}
    meta = config["meta"]
    assert set(meta) == {"public", "title", "requires", "also_reads", "playbook"}
    assert meta["public"] is True
    assert re.fullmatch(r"[A-Z][a-z ]+", meta["title"])
    assert meta["requires"]
    assert set(meta["requires"]).isdisjoint(meta["also_reads"])
    assert set(meta["requires"]) | set(meta["also_reads"]) <= {*RESOURCES, "product_usage"}


@each_leak_type
def test_every_column_is_described_and_money_says_its_unit(folder: Path) -> None:
    columns = {column["name"]: column for column in _described(folder)["columns"]}
    assert set(FINDING) <= set(columns)
    assert all(column["data_type"] and column["description"] for column in columns.values())
    money = [name for name in columns if name.endswith("_minor")]
    assert all(columns[name]["data_type"] == "bigint" for name in money)


@each_leak_type
def test_a_playbook_has_every_heading_in_order(folder: Path) -> None:
    text = (folder / "playbook.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == HEADINGS


@each_leak_type
def test_unit_tests_cover_leak_look_alike_and_boundary(folder: Path) -> None:
    names = [test["name"] for test in _yaml(folder / f"leaks__{folder.name}.yml")["unit_tests"]]
    for kind in ("leak", "look_alike", "boundary"):
        assert [name for name in names if name.startswith(f"{folder.name}__{kind}__")], kind


@each_leak_type
def test_each_leak_type_is_one_line_of_the_union(folder: Path) -> None:
    union = (LEAKS / "int_leaks__verdicts.sql").read_text(encoding="utf-8")
    assert union.count(f'ref("leaks__{folder.name}")') == 1


@each_leak_type
def test_each_leak_type_has_a_place_in_the_precedence(folder: Path) -> None:
    ranks = {row["leak_type"]: int(row["rank"]) for row in _rows("leak_precedence")}
    assert folder.name in ranks
    assert len(set(ranks.values())) == len(ranks)
    assert set(ranks) == set(NAMES)


@each_leak_type
def test_every_verdict_in_the_sql_is_explained_and_every_explained_one_is_used(folder: Path) -> None:
    sql = (folder / f"leaks__{folder.name}.sql").read_text(encoding="utf-8")
    (decision,) = re.findall(r"case\n(?:(?!\bcase\b).)*?end as verdict", sql, flags=re.DOTALL)
    used = set(re.findall(r"(?:then|else) '(\w+)'", decision))
    meanings = {row["verdict"]: row for row in _rows("leak_verdicts") if row["leak_type"] == folder.name}
    assert used == set(meanings)
    for row in meanings.values():
        is_leak, confidence = row["is_leak"] == "true", float(row["confidence"])
        assert 0 <= confidence < 1
        assert is_leak == (confidence > 0)
        assert not (is_leak and row["is_final"] == "true")
        assert row["sentence"].endswith(".")
        assert (row["wrong_if"] != "-") == is_leak


def test_findings_have_exactly_the_agreed_columns() -> None:
    columns = _model(LEAKS / "_leaks.yml", "leak_findings")["columns"]
    assert [column["name"] for column in columns] == FINDING


def test_recovery_probabilities_cover_every_group_and_age_once_and_name_their_source() -> None:
    rows = _rows("recovery_probability")
    groups = {row["decline_group"] for row in rows}
    assert groups >= {row["decline_group"] for row in _rows("decline_codes")}
    assert groups >= {"unknown", "invoiced", "written_off"}
    for group in groups:
        steps = sorted(
            (int(row["age_from_days"]), int(row["age_below_days"]), float(row["probability"]))
            for row in rows
            if row["decline_group"] == group
        )
        assert steps[0][0] == 0
        assert steps[-1][1] >= 100_000
        assert [step[1] for step in steps[:-1]] == [step[0] for step in steps[1:]]
        chances = [step[2] for step in steps]
        assert chances == sorted(chances, reverse=True), "nothing gets likelier with age"
        assert all(0 < chance < 1 for chance in chances)
    assert all(row["source"] for row in rows)
