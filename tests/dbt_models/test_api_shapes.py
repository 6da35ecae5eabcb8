"""Old and new API versions of one fact stage as the same columns; a missing field is null, never an error."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.fixtures import absent
from tests.contracts.openapi import contracts_dir
from tests.dbt_models.staging import Staging
from tests.leaks.warehouse import RESOURCES, Version

SHAPES = Path(__file__).parent / "shapes"
CASES = sorted(path.stem for path in SHAPES.glob("*.json"))


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Staging:
    """Every case in one warehouse, its old and its new shape under ids of their own, staged once."""
    staging = Staging(tmp_path_factory.mktemp("shapes"))
    for name in CASES:
        case = load(name)
        staging.land(Version(case["resource"], {**case[age], "id": f"{name}.{age}"}) for age in ("old", "new"))
    staging.build("path:models/staging")
    return staging


def load(name: str) -> dict[str, Any]:
    """A case: the resource, its old and new payload, and the columns that both must give."""
    case: dict[str, Any] = json.loads((SHAPES / f"{name}.json").read_text(encoding="utf-8"))
    return case


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("age", ["old", "new"])
def test_both_shapes_say_the_same(shapes: Staging, name: str, age: str) -> None:
    case = load(name)
    (row,) = shapes.query(f"SELECT * FROM {case['model']} WHERE {case['key']} = '{name}.{age}'")
    expected = case["expected"]
    assert {column: plain(row[column]) for column in expected} == expected


def plain(value: object) -> object:
    """Times and decimals as the text that a case can hold."""
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def test_stripes_own_examples_stage_without_an_error(staging: Staging) -> None:
    path = contracts_dir() / "stripe" / "fixtures.json"
    if not path.exists():
        absent(str(path))
    examples = json.loads(path.read_text(encoding="utf-8"))["resources"]
    names = {resource: f"billing.{resource}" if resource.startswith("meter") else resource for resource in RESOURCES}
    landed = [resource for resource in RESOURCES if names[resource] in examples]
    staging.land(Version(resource, examples[names[resource]]) for resource in landed)
    staging.build("path:seeds", "path:models/staging", "path:models/intermediate", "path:models/marts")
    plurals = {"invoiceitem": "invoice_items", "meter_event_summary": "meter_event_summaries"}
    for resource in landed:
        model = f"stg_stripe__{plurals.get(resource, resource + 's')}"
        assert len(staging.query(f"SELECT 1 FROM {model}")) == 1, model
