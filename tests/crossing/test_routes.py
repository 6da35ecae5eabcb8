"""Each route of the web service, asked with another tenant's secret: nothing of one lands at or shows to another.

The routes are enumerated from the application: one that nobody named here fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from fastapi.routing import APIRoute
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier
from starlette.routing import Route

from revops.bootstrap import connecting
from revops.bootstrap_slack import packed
from revops.http.app import create_app
from revops.service.connect_account import link_to_connect
from revops.settings import Settings
from revops.store import Store, open_store
from revops.store.integrations import SLACK, Integrations
from revops.store.secrets import Secrets
from revops.store.tenants import Tenants
from sandbox.stripe import Running, running
from sandbox.stripe.oauth import CLIENT_ID
from tests.crossing.companies import A, B, Tenant
from tests.revops.http.conftest import with_secrets
from tests.revops.http.deliveries import CONNECT_SECRET, event
from tests.revops.http.serving import Service, serving
from tests.revops.store.filled import AT

# Routes that know no tenant, and why; what they answer is looked through all the same.
OF_NO_TENANT = {
    "/healthz": "the process lives",
    "/readyz": "the store answers, and how far the worker is behind in all",
    "/metrics": "figures of the process, without labels of tenants",
    "/openapi.json": "what the routes are",
    "/docs": "the same for people",
    "/docs/oauth2-redirect": "a part of that page",
}


def _secret(tenant: Tenant) -> str:
    return f"whsec_{tenant.mark}"


def _marked(tenant: Tenant, number: int, **changes: object) -> dict[str, object]:
    return event(number, id=f"evt_{tenant.mark}{number}", **changes)


@pytest.fixture
def sandbox() -> Iterator[Running]:
    """A platform with both tenants' accounts."""
    with running() as one:
        for tenant in (A, B):
            one.stand_in.add_account(tenant.account_id)
        yield one


@pytest.fixture
def settings(store_settings: Settings, sandbox: Running) -> Settings:
    """Connect is set up, against the sandbox."""
    connect = {
        "stripe_connect_client_id": CLIENT_ID,
        "stripe_connect_api_key": "sk_" + "live_of_the_platform",
        "stripe_connect_base": sandbox.url,
    }
    return Settings.model_validate({**with_secrets(store_settings).model_dump(exclude_none=True), **connect})


@pytest.fixture
def store(settings: Settings, open_new: Callable[[Settings], Store]) -> Store:
    """Both tenants, each with a webhook secret of its own."""
    store = open_new(settings)
    integrations = Integrations(store, Secrets(settings.leaks_secret_key))
    for tenant in (A, B):
        Tenants(store).add(tenant.tenant_id, tenant.mark, actor="ada", at=AT)
        secrets = [SecretStr(_secret(tenant))]
        integrations.connect(tenant.tenant_id, mode="live", kind="api_key", webhook_secrets=secrets, actor="ada", at=AT)
    return store


@pytest.fixture
def service(settings: Settings, store: Store) -> Iterator[Service]:
    """The service, running."""
    with serving(create_app(settings), settings) as one:
        yield one


def landed(service: Service) -> list[tuple[str, str]]:
    """Tenant and event id of everything in the inbox."""
    return [(tenant, event_id) for tenant, event_id, _ in service.rows()]


def connect(service: Service, store: Store, settings: Settings, tenant: Tenant) -> None:
    """The account's owner follows the link to its end."""
    link, _ = link_to_connect(
        connecting(store, settings),
        tenant.tenant_id,
        redirect_uri=f"{service.url}/connect/stripe/callback",
        author="ada",
        at=datetime.now(UTC),
    )
    back = service.client.get(f"{link}&stripe_user[id]={tenant.account_id}").headers["location"]
    assert service.client.get(back).json() == {
        "result": "connected",
        "tenant": tenant.tenant_id,
        "account": tenant.account_id,
    }


def test_every_route_is_named_here(settings: Settings) -> None:
    app = create_app(settings)
    tested = {"/webhooks/stripe/{tenant}", "/webhooks/stripe", "/connect/stripe/callback", "/slack/{tenant}"}
    assert {route.path for route in app.routes if isinstance(route, Route | APIRoute)} == tested | OF_NO_TENANT.keys()


@pytest.mark.parametrize("path", OF_NO_TENANT)
def test_what_knows_no_tenant_tells_of_none(service: Service, path: str) -> None:
    for tenant in (A, B):
        path_of = f"/webhooks/stripe/{tenant.tenant_id}"
        assert service.deliver(_marked(tenant, 1), _secret(tenant), path=path_of).status_code == 200
        assert service.deliver(_marked(tenant, 2), "whsec_wrong", path=path_of).status_code == 400
    answer = service.client.get(path)
    assert answer.status_code == 200
    for tenant in (A, B):
        assert tenant.mark not in answer.text
        assert f'"{tenant.tenant_id}"' not in answer.text


def test_a_workspaces_secret_signs_nothing_for_another_tenant(
    service: Service, store: Store, settings: Settings
) -> None:
    integrations = Integrations(store, Secrets(settings.leaks_secret_key))
    for tenant in (A, B):
        tokens = packed(SecretStr(f"xoxb-{tenant.mark}"), SecretStr(_secret(tenant)), None)
        integrations.connect(
            tenant.tenant_id, mode="live", kind="api_key", system=SLACK, credentials=tokens, actor="ada", at=AT
        )
    body = json.dumps({"type": "url_verification", "challenge": A.mark})
    stamp = str(int(datetime.now(UTC).timestamp()))
    signature = SignatureVerifier(_secret(A)).generate_signature(timestamp=stamp, body=body)
    assert signature is not None
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
    }
    there, own = (
        service.client.post(f"{service.url}/slack/{tenant.tenant_id}", content=body, headers=headers)
        for tenant in (B, A)
    )
    assert there.status_code == 401
    assert A.mark not in there.text
    assert own.status_code == 200


def test_a_tenants_secret_signs_nothing_for_another(service: Service) -> None:
    body = _marked(A, 1)
    assert service.deliver(body, _secret(A), path=f"/webhooks/stripe/{B.tenant_id}").status_code == 400
    assert service.deliver(body, _secret(A), path="/webhooks/stripe").status_code == 400
    assert service.deliver(body, CONNECT_SECRET, path=f"/webhooks/stripe/{B.tenant_id}").status_code == 400
    assert landed(service) == []
    assert service.deliver(body, _secret(A), path=f"/webhooks/stripe/{A.tenant_id}").json() == {"result": "stored"}
    assert landed(service) == [(A.tenant_id, f"evt_{A.mark}1")]


def test_the_same_event_id_at_two_tenants_is_two_events(service: Service) -> None:
    for tenant in (A, B):
        answer = service.deliver(event(1), _secret(tenant), path=f"/webhooks/stripe/{tenant.tenant_id}")
        assert answer.json() == {"result": "stored"}
    assert landed(service) == [(A.tenant_id, "evt_1"), (B.tenant_id, "evt_1")]


def test_an_account_leads_to_its_tenant_alone(service: Service, store: Store, settings: Settings) -> None:
    for tenant in (A, B):
        connect(service, store, settings, tenant)
    for tenant in (B, A):
        account = _marked(tenant, 1, account=tenant.account_id)
        assert service.deliver(account, CONNECT_SECRET, path="/webhooks/stripe").json() == {"result": "stored"}
    assert landed(service) == [(B.tenant_id, f"evt_{B.mark}1"), (A.tenant_id, f"evt_{A.mark}1")]
    stranger = event(9, account="acct_of_nobody")
    assert service.deliver(stranger, CONNECT_SECRET, path="/webhooks/stripe").json() == {"result": "unknown_account"}


def test_a_link_connects_no_other_tenant_and_no_account_twice(
    service: Service, store: Store, settings: Settings, sandbox: Running
) -> None:
    connect(service, store, settings, A)
    link, _ = link_to_connect(
        connecting(store, settings),
        B.tenant_id,
        redirect_uri=f"{service.url}/connect/stripe/callback",
        author="ada",
        at=datetime.now(UTC),
    )
    back = service.client.get(f"{link}&stripe_user[id]={A.account_id}").headers["location"]
    answer = service.client.get(back)
    assert (answer.status_code, answer.json()["reason"]) == (409, "connect_other_tenant")
    assert A.tenant_id not in answer.text
    assert A.mark not in answer.text
    with open_store(settings) as again:
        reading = {one.tenant_id: one.account_id for one in Integrations(again, Secrets(None)).reading()}
    assert reading == {A.tenant_id: A.account_id}
    assert sandbox.stand_in.disconnected == set(), "whose it is has not lost it"
