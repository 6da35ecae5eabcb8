"""An installation with two tenants, both read from one sandbox by Stripe Connect, both published by real runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from revops.domain.connect import ConnectedAccount
from revops.settings import Settings
from revops.store import open_store
from revops.store.integrations import Integrations
from revops.store.secrets import Secrets
from revops.store.tenants import Tenants
from sandbox.stripe import Running, running
from sandbox.stripe.oauth import CLIENT_ID
from tests.cli.conftest import start
from tests.crossing.companies import ANCHOR, A, B, write_companies
from tests.revops.store.fixtures import make_settings

PLATFORM_KEY = "sk_" + "live_of_the_platform"


@dataclass(frozen=True)
class Installation:
    """Where it is, and how a verb is given to it."""

    folder: Path
    sandbox: Running
    settings: Settings

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        assert self.settings.leaks_secret_key is not None
        return {
            "LEAKS_HOME": str(self.home),
            "LEAKS_SECRET_KEY": self.settings.leaks_secret_key.get_secret_value(),
            "STRIPE_API_BASE": self.sandbox.url,
            "STRIPE_CONNECT_BASE": self.sandbox.url,
            "STRIPE_CONNECT_CLIENT_ID": CLIENT_ID,
            "STRIPE_CONNECT_API_KEY": PLATFORM_KEY,
        }

    def leaks(self, *arguments: str, is_well: bool = True) -> str:
        """All that a verb says."""
        done = start(self.folder, *arguments, **self.environment)
        assert (done.returncode == 0) is is_well, done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Two companies whose every object is marked."""
    folder = tmp_path_factory.mktemp("installation")
    write_companies(folder / "companies", 40)
    settings = make_settings(folder / "home", Fernet.generate_key().decode())
    moment = datetime.fromtimestamp(ANCHOR, UTC)
    with running(folder / "companies", as_of=moment) as sandbox:
        one = Installation(folder, sandbox, settings)
        with open_store(settings, upgrade=True) as store:
            integrations = Integrations(store, Secrets(settings.leaks_secret_key))
            for tenant in (A, B):
                Tenants(store).add(tenant.tenant_id, tenant.tenant_id, actor="ada", at=moment)
                account = ConnectedAccount(tenant.account_id, "live")
                integrations.connect_account(tenant.tenant_id, account, actor="ada", at=moment)
        for tenant in (A, B):
            said = one.leaks("run", "--tenant", tenant.tenant_id)
            assert "Nothing leaks" not in said, "there is something that could cross"
        yield one
