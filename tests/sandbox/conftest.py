"""The company behind HTTP, and clients for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from stripe import StripeClient

from sandbox.stripe import Running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.sandbox.clients import client_for


@pytest.fixture
def sandbox(stripe_sandbox: OpenSandbox, company_folder: Path) -> Running:
    """The small company, its clock standing at COMPANY_NOW."""
    return stripe_sandbox(company_folder, as_of=COMPANY_NOW, is_frozen=True)


@pytest.fixture
def client(sandbox: Running) -> StripeClient:
    """The official SDK with a live secret key."""
    return client_for(sandbox)
