"""A fresh warehouse for each test that lands something."""

from pathlib import Path

import pytest

from tests.dbt_models.staging import Staging


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    """Raw tables, empty."""
    return Staging(tmp_path)
