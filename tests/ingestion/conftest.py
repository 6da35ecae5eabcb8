"""A home of one's own per test, and retries without waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from ingestion.profile import Profile


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """A tenant on an empty disk."""
    return Profile(tmp_path / "home")


@pytest.fixture(autouse=True)
def _retries_do_not_wait() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield
