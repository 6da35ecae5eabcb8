"""All small accounts in one warehouse, built once: each world's objects get ids of their own."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.leaks.warehouse import RESOURCES, Version, Warehouse

FOLDER = Path(__file__).parent
WORLDS = sorted(path.name for path in FOLDER.iterdir() if (path / "objects.jsonl").is_file())

_ID = re.compile(r'"((?:cus|sub|si|in|inpay|ii|ch|pi|pm|re|du|cn|price|prod|clock)_\d+)"')
_EMAIL = re.compile(r"@one\.example")


def versions_of(world: str) -> list[Version]:
    """The objects of a world as they land; `in_1` of a world becomes `in_1.<world>`."""
    versions = []
    for line in (FOLDER / world / "objects.jsonl").read_text(encoding="utf-8").splitlines():
        text = _EMAIL.sub(f"@{world}.example", _ID.sub(rf'"\1.{world}"', line))
        payload: dict[str, Any] = json.loads(text.replace('"fp_', f'"fp_{world}_'))
        assert payload["object"] in RESOURCES, f"{world}: {payload['object']} is no table of the contract"
        versions.append(Version(payload["object"], payload))
    return versions


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse with every world in it, built to the last model."""
    warehouse = Warehouse(tmp_path_factory.mktemp("worlds") / "warehouse.duckdb")
    warehouse.land(version for world in WORLDS for version in versions_of(world))
    warehouse.run(
        "INSERT INTO operations.policy_exemptions VALUES"
        " ('default', 'unpaid_invoice', 'customer', 'barter', NULL, 'Paid in kind')"
    )
    warehouse.dbt("build", "--exclude-resource-type", "unit_test")
    return warehouse
