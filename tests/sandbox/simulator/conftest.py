"""A company of 150 customers, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.simulator import Plan, write
from tests.sandbox.simulator.written import ANCHOR, Written


@pytest.fixture(scope="session")
def plan() -> Plan:
    """150 customers: the first block tells every story about money, half of the second one the look-alikes."""
    return Plan(seed=3, customers=150, anchor=ANCHOR)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> Written:
    """That company as it is at its anchor."""
    folder = tmp_path_factory.mktemp("company")
    write(folder, plan)
    return Written(folder)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 customers: every story there is."""
    folder = tmp_path_factory.mktemp("large")
    write(folder, Plan(seed=4, customers=200, anchor=ANCHOR))
    return folder
