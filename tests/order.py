"""Fast tests first; of the slow ones the longest files first, so that no worker is left alone with one at the end."""

from __future__ import annotations

import pytest

# Marks of tests that start browsers, dbt, Dagster or whole commands.
SLOW = ("pipeline", "browser")
# Files that take minutes, longest first.
LONGEST = (
    "tests/end_to_end/test_events_then_reconciled.py",
    "tests/cli/test_run.py",
    "tests/dagster_project/test_backstops.py",
    "tests/ingestion/test_reconcile.py",
    "tests/dagster_project/test_quality.py",
    "tests/crossing/test_verbs.py",
    "tests/crossing/test_failures.py",
    "tests/end_to_end/",
    "tests/worlds/",
    "tests/leaks/",
    "tests/ingestion/test_account.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order by file: with `--dist loadfile` a file is one worker's, in the order of collection."""
    slow = {_file(item) for item in items if any(item.get_closest_marker(mark) for mark in SLOW)}
    items.sort(key=lambda item: _place(_file(item), slow))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _place(file: str, slow: set[str]) -> tuple[bool, int]:
    place = next((number for number, start in enumerate(LONGEST) if file.startswith(start)), len(LONGEST))
    return file in slow or place < len(LONGEST), place
