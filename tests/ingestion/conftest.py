"""A home of one's own per test, and retries without waiting."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from ingestion.profile import Profile
from sandbox.stripe import Running, running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.ingestion.landed import from_api, land


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """A tenant on an empty disk."""
    return Profile(tmp_path / "home")


@pytest.fixture(autouse=True)
def _retries_do_not_wait() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
def company(stripe_sandbox: OpenSandbox, company_folder: Path) -> Running:
    """The small company over HTTP, its clock standing."""
    return stripe_sandbox(company_folder, as_of=COMPANY_NOW, is_frozen=True)


@pytest.fixture(scope="session")
def landed_home(tmp_path_factory: pytest.TempPathFactory, company_folder: Path) -> Path:
    """A home in which the small company has landed over HTTP, once."""
    home = tmp_path_factory.mktemp("landed")
    with running(company_folder, as_of=COMPANY_NOW, is_frozen=True) as sandbox:
        land(Profile(home), from_api(sandbox.url))
    return home


@pytest.fixture
def landed(profile: Profile, landed_home: Path) -> Profile:
    """A copy of that home, for what happens next."""
    shutil.copytree(landed_home, profile.home)
    return profile
