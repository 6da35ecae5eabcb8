"""A link connects the account whose owner follows it to its tenant, once; whatever else comes back connects nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from revops.bootstrap import connecting, stripe_of
from revops.http.app import create_app
from revops.service.connect_account import VALID, link_to_connect
from revops.settings import Settings
from revops.store import Store
from revops.store.integrations import Integrations
from revops.store.secrets import Secrets, new_key
from revops.store.security_log import SecurityLog
from revops.store.tenants import Tenants
from sandbox.stripe import Running, running
from sandbox.stripe.oauth import CLIENT_ID, CODE_SECONDS
from tests.revops.http.serving import Service, serving

PATH = "/connect/stripe/callback"
ACCOUNT = "acct_1ConnectedOne"
PLATFORM_KEY = SecretStr("sk_" + "live_of_the_platform")


@pytest.fixture
def sandbox() -> Iterator[Running]:
    """A platform with one account that may let it in."""
    with running(is_frozen=True) as one:
        one.stand_in.add_account(ACCOUNT)
        yield one


@pytest.fixture
def settings(store_settings: Settings, sandbox: Running) -> Settings:
    """Connect is set up, against the sandbox."""
    return changed(
        store_settings,
        stripe_connect_client_id=CLIENT_ID,
        stripe_connect_api_key=PLATFORM_KEY,
        stripe_connect_base=sandbox.url,
    )


@pytest.fixture
def store(settings: Settings, open_new: Callable[[Settings], Store]) -> Store:
    """The tenants acme and bravo, connected to nothing."""
    store = open_new(settings)
    for tenant in ("acme", "bravo"):
        Tenants(store).add(tenant, None, actor="ada", at=now())
    return store


@pytest.fixture
def service(settings: Settings, store: Store) -> Iterator[Service]:
    """The service, running."""
    with serving(create_app(settings), settings) as one:
        yield one


def now() -> datetime:
    return datetime.now(UTC)


def changed(settings: Settings, **changes: object) -> Settings:
    return Settings.model_validate({**settings.model_dump(exclude_none=True), **changes})


def link(store: Store, settings: Settings, tenant: str = "acme", at: datetime | None = None) -> str:
    using = connecting(store, settings)
    return link_to_connect(using, tenant, redirect_uri="http://leaks.example" + PATH, author="ada", at=at or now())[0]


def follow(service: Service, address: str, **more: str) -> str:
    """The way back that Stripe gives the browser, as a path of ours."""
    back = httpx.get(f"{address}&{urlencode(more)}", trust_env=False).headers["location"]
    return back.removeprefix("http://leaks.example")


def come_back(service: Service, path: str) -> tuple[int, str]:
    """Status of the answer, and its reason or result."""
    answer = service.client.get(path)
    return answer.status_code, answer.json().get("reason") or answer.json()["result"]


def connected(store: Store) -> dict[str, str | None]:
    return {one.tenant_id: one.account_id for one in Integrations(store, Secrets(None)).reading()}


def test_the_owner_of_an_account_connects_it(
    service: Service, store: Store, settings: Settings, sandbox: Running
) -> None:
    status, result = come_back(service, follow(service, link(store, settings)))
    assert (status, result) == (200, "connected")
    (one,) = Integrations(store, Secrets(None)).read("acme")
    assert (one.kind, one.account_id, one.mode, one.has_credentials) == ("connect", ACCOUNT, "live", False)
    newest = SecurityLog(store).search("acme")[0]
    assert (newest.event, newest.actor, newest.detail["account_id"]) == ("integration_connected", "ada", ACCOUNT)


def test_a_connected_account_is_read_with_the_platforms_key_and_that_is_noted(
    service: Service, store: Store, settings: Settings
) -> None:
    come_back(service, follow(service, link(store, settings)))
    access = stripe_of(store, settings, "acme", purpose="a run", actor="pipeline")
    assert access is not None
    assert (access.api_key, access.account_id) == (PLATFORM_KEY, ACCOUNT)
    newest = SecurityLog(store).search("acme")[0]
    assert (newest.event, newest.actor, newest.detail["purpose"]) == ("key_used", "pipeline", "a run")


def test_a_link_works_once(service: Service, store: Store, settings: Settings, sandbox: Running) -> None:
    address = link(store, settings)
    path = follow(service, address)
    assert come_back(service, path)[0] == 200
    assert come_back(service, path) == (400, "connect_replayed")
    assert come_back(service, follow(service, address)) == (400, "connect_replayed")
    assert connected(store) == {"acme": ACCOUNT}
    assert sandbox.stand_in.disconnected == set(), "the code was not shown to Stripe a second time"


def test_a_link_ends(service: Service, store: Store, settings: Settings) -> None:
    old = link(store, settings, at=now() - VALID - timedelta(seconds=1))
    assert come_back(service, follow(service, old)) == (400, "connect_expired")
    assert connected(store) == {}


def test_a_state_that_we_did_not_seal_is_forged(service: Service, store: Store, settings: Settings) -> None:
    path = follow(service, link(store, settings))
    state = httpx.URL(path).params["state"]
    elsewhere = Secrets(SecretStr(new_key())).encrypt(SecretStr('["acme", "state_1"]'), "connect-link").decode()
    ours = Secrets(settings.leaks_secret_key)
    forged = ["", "x", "é\u0000", state[:-4] + "AAAA", state * 3, elsewhere]
    # Sealed by us, but as something else: a credential from the database.
    forged.append(ours.encrypt(SecretStr('["acme", "state_1"]'), "int_1").decode())
    for one in forged:
        assert come_back(service, f"{PATH}?{urlencode({'code': 'ac_1', 'state': one})}") == (400, "connect_forged"), one
    # Sealed by us for a link that was never handed out.
    unknown = ours.encrypt(SecretStr('["acme", "state_1"]'), "connect-link").decode()
    assert come_back(service, f"{PATH}?{urlencode({'code': 'ac_1', 'state': unknown})}") == (400, "connect_forged")
    assert connected(store) == {}
    assert come_back(service, path)[0] == 200, "the true one has not suffered"


def test_an_owner_who_declines_connects_nothing(service: Service, store: Store, settings: Settings) -> None:
    path = follow(service, link(store, settings), **{"stripe_user[id]": "nobody"})
    assert come_back(service, path) == (400, "connect_denied")
    assert connected(store) == {}


def test_a_code_that_stripe_does_not_take_connects_nothing(
    service: Service, store: Store, settings: Settings, sandbox: Running
) -> None:
    path = follow(service, link(store, settings))
    sandbox.stand_in.advance(CODE_SECONDS + 1)
    assert come_back(service, path) == (400, "connect_code_refused")
    made_up = follow(service, link(store, settings)).replace("code=ac_", "code=ac_made_up")
    assert come_back(service, made_up) == (400, "connect_code_refused")
    assert connected(store) == {}


def test_an_account_of_another_tenant_stays_there(
    service: Service, store: Store, settings: Settings, sandbox: Running
) -> None:
    come_back(service, follow(service, link(store, settings)))
    assert come_back(service, follow(service, link(store, settings, "bravo"))) == (409, "connect_other_tenant")
    assert connected(store) == {"acme": ACCOUNT}
    assert sandbox.stand_in.disconnected == set()


def test_a_tenant_has_one_account_and_the_second_is_not_even_asked_for(
    service: Service, store: Store, settings: Settings, sandbox: Running
) -> None:
    path = follow(service, link(store, settings))
    key = SecretStr("rk_" + "live_of_acme")
    integrations = Integrations(store, Secrets(settings.leaks_secret_key))
    integrations.connect("acme", mode="live", kind="api_key", credentials=key, actor="ada", at=now())
    assert come_back(service, path) == (409, "connect_already")
    assert connected(store) == {"acme": None}


def test_while_stripe_is_away_nothing_is_connected(store: Store, settings: Settings) -> None:
    away = changed(settings, stripe_connect_base="http://127.0.0.1:9")
    with serving(create_app(away), away) as service:
        path = f"{PATH}?{urlencode({'code': 'ac_1', 'state': httpx.URL(link(store, away)).params['state']})}"
        assert come_back(service, path) == (502, "stripe_unavailable")
    assert connected(store) == {}


def test_a_platform_whose_key_is_wrong_says_so_to_who_runs_it_only(
    store: Store, settings: Settings, sandbox: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    assert settings.stripe_connect_api_key is not None
    sandbox.revoke(settings.stripe_connect_api_key.get_secret_value())
    with serving(create_app(settings), settings) as service:
        answer = service.client.get(follow(service, link(store, settings)))
    assert (answer.status_code, answer.json()["reason"]) == (404, "connect_not_set_up")
    assert "STRIPE" not in answer.text


def test_without_connect_there_is_nothing_to_come_back_to(store_settings: Settings, store: Store) -> None:
    with serving(create_app(store_settings), store_settings) as service:
        assert come_back(service, f"{PATH}?code=ac_1&state=x") == (404, "connect_not_set_up")


def test_each_refusal_is_in_the_security_log(store: Store, settings: Settings) -> None:
    with serving(create_app(settings), settings) as service:
        path = follow(service, link(store, settings))
        come_back(service, path)
        come_back(service, path)
        come_back(service, follow(service, link(store, settings, "bravo")))
        come_back(service, follow(service, link(store, settings, "bravo", at=now() - VALID)))
        for _ in range(3):
            come_back(service, f"{PATH}?code=ac_1&state=forged")
    found = {
        tenant: {(line.detail["reason"], line.detail["times"], line.address) for line in lines}
        for tenant in ("acme", "bravo", "default")
        if (lines := SecurityLog(store).search(tenant, event="refused_connect"))
    }
    here = "127.0.0.1"
    assert found == {
        "acme": {("connect_replayed", 1, here)},
        "bravo": {("connect_other_tenant", 1, here), ("connect_expired", 1, here)},
        "default": {("connect_forged", 3, here)},
    }
