"""The account made up for page tests has the shape of the real one."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.streamlit_app.published_tables import NEWER_TABLES
from tests.streamlit_app.published_tables import TABLES as OLDER_TABLES

TABLES = OLDER_TABLES | NEWER_TABLES
MODELS = Path(__file__).parents[2] / "dbt_project" / "models"


def _documented() -> dict[str, dict[str, str]]:
    models = (
        model
        for file in MODELS.rglob("*.yml")
        for model in YAML(typ="safe").load(file.read_text(encoding="utf-8")).get("models", [])
    )
    return {m["name"]: {c["name"]: str(c.get("data_type", "")).lower() for c in m.get("columns", [])} for m in models}


@pytest.mark.parametrize("table", TABLES)
def test_every_column_that_pages_read_is_published_with_the_same_type(table: str) -> None:
    used = re.findall(r"(\w+) (\w+(?:\(\d+, ?\d+\))?)", TABLES[table])
    real = _documented()[table]
    assert {name: kind.replace(" ", "") for name, kind in used} == {
        name: real.get(name, "missing").replace(" ", "") for name, _ in used
    }
