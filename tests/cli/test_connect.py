"""`leaks tenants connect` prints a link and nothing else on stdout; `disconnect` and `remove` tell Stripe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from revops.domain.connect import ConnectedAccount
from revops.settings import load_settings
from revops.store import open_store
from revops.store.integrations import Integrations
from revops.store.secrets import Secrets
from sandbox.stripe import Running, running
from sandbox.stripe.oauth import CLIENT_ID
from tests.cli.conftest import Leaks
from tests.revops.store.filled import AT

ACCOUNT = "acct_1ConnectedOne"


@pytest.fixture
def sandbox() -> Iterator[Running]:
    """A platform with one account."""
    with running() as one:
        one.stand_in.add_account(ACCOUNT)
        yield one


@pytest.fixture
def where(tmp_path: Path, secret_key: str, sandbox: Running) -> dict[str, str]:
    """An installation in which Connect is set up."""
    return {
        "LEAKS_HOME": str(tmp_path / "home"),
        "LEAKS_SECRET_KEY": secret_key,
        "STRIPE_CONNECT_CLIENT_ID": CLIENT_ID,
        "STRIPE_CONNECT_API_KEY": "sk_" + "live_of_the_platform",
        "STRIPE_CONNECT_BASE": sandbox.url,
    }


@pytest.fixture
def acme(leaks: Leaks, where: dict[str, str]) -> dict[str, str]:
    """The tenant acme, connected to the account."""
    assert leaks("tenants", "add", "acme", **where).returncode == 0
    settings = load_settings(_env_file=None, leaks_home=Path(where["LEAKS_HOME"]))
    with open_store(settings) as store:
        account = ConnectedAccount(ACCOUNT, "live")
        Integrations(store, Secrets(None)).connect_account("acme", account, actor="ada", at=AT)
    return where


def statuses(leaks: Leaks, where: dict[str, str]) -> list[tuple[str, str]]:
    rows = json.loads(leaks("tenants", "list", "--removed", "--format", "json", **where).stdout)
    return [(one["kind"], one["status"]) for row in rows for one in row["integrations"]]


def test_the_link_is_all_that_stdout_has(leaks: Leaks, where: dict[str, str], sandbox: Running) -> None:
    leaks("tenants", "add", "acme", **where)
    done = leaks(
        "tenants", "connect", "acme", "--redirect-uri", "https://leaks.example/connect/stripe/callback", **where
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{sandbox.url}/oauth/authorize?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(line).query).items()}
    assert len(asked.pop("state")) > 100
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "scope": "read_only",
        "redirect_uri": "https://leaks.example/connect/stripe/callback",
    }
    assert "Works once, until 20" in done.stderr


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("STRIPE_CONNECT_CLIENT_ID", "STRIPE_CONNECT_CLIENT_ID"),
        ("STRIPE_CONNECT_API_KEY", "STRIPE_CONNECT_API_KEY"),
        ("LEAKS_SECRET_KEY", "leaks db new-key"),
    ],
)
def test_what_is_not_set_up_is_named(leaks: Leaks, where: dict[str, str], missing: str, said: str) -> None:
    leaks("tenants", "add", "acme", **where)
    del where[missing]
    done = leaks("tenants", "connect", "acme", **where)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_unknown_and_connected_tenants_get_no_link(leaks: Leaks, acme: dict[str, str]) -> None:
    for slug, said in (("nobody", "leaks tenants list"), ("acme", "leaks tenants disconnect acme")):
        done = leaks("tenants", "connect", slug, **acme)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


def test_disconnecting_tells_stripe(leaks: Leaks, acme: dict[str, str], sandbox: Running) -> None:
    assert leaks("tenants", "disconnect", "acme", **acme).stdout == "acme: disconnected.\n"
    assert sandbox.stand_in.disconnected == {ACCOUNT}
    assert statuses(leaks, acme) == [("connect", "disconnected")]
    assert leaks("tenants", "disconnect", "acme", **acme).stdout == "acme: was not connected.\n"


def test_what_stripe_cannot_be_told_stays_connected(leaks: Leaks, acme: dict[str, str]) -> None:
    done = leaks("tenants", "disconnect", "acme", **{**acme, "STRIPE_CONNECT_BASE": "http://127.0.0.1:9"})
    assert (done.returncode, done.stdout) == (1, "")
    assert "Try again" in done.stderr
    assert statuses(leaks, acme) == [("connect", "active")]


def test_an_account_that_stripe_has_let_go_before_is_disconnected_all_the_same(
    leaks: Leaks, acme: dict[str, str], sandbox: Running
) -> None:
    sandbox.stand_in.disconnected.add(ACCOUNT)
    assert leaks("tenants", "disconnect", "acme", **acme).stdout == "acme: disconnected.\n"


def test_a_key_is_forgotten_without_a_platform(leaks: Leaks, where: dict[str, str]) -> None:
    alone = {name: value for name, value in where.items() if "CONNECT" not in name}
    leaks("tenants", "add", "bravo", "--api-key-env", "KEY", KEY="rk_" + "live_1234", **alone)
    assert leaks("tenants", "disconnect", "bravo", **alone).stdout == "bravo: disconnected.\n"
    assert statuses(leaks, alone) == [("api_key", "disconnected")]


def test_removing_a_tenant_lets_its_account_go(leaks: Leaks, acme: dict[str, str], sandbox: Running) -> None:
    assert leaks("tenants", "remove", "acme", **acme).returncode == 0
    assert sandbox.stand_in.disconnected == {ACCOUNT}
