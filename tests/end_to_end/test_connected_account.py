"""An account's owner connects it by a link; it is read, its events become leaks, and when its owner leaves, no more is.

By the commands that people start, against the sandbox, over HTTP all the way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from revops.http.app import create_app
from revops.settings import Settings
from revops.warehouse import Published
from sandbox.stripe import Running, running
from sandbox.stripe.oauth import CLIENT_ID, deauthorize
from sandbox.stripe.webhooks import WebhookEndpoint
from tests.cli.conftest import start
from tests.crossing.companies import A, write_companies
from tests.revops.http.serving import Service, serving

pytestmark = pytest.mark.pipeline

SECRET = "whsec_of_the_platform"
PLATFORM_KEY = "sk_" + "live_of_the_platform"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("connected")


@pytest.fixture(scope="module")
def sandbox(place: Path) -> Iterator[Running]:
    """A platform, and a company that has not let it in."""
    write_companies(place / "companies", 40)
    with running(place / "companies") as one:
        one.stand_in.disconnected.add(A.account_id)
        yield one


@pytest.fixture(scope="module")
def environment(place: Path, sandbox: Running) -> dict[str, str]:
    return {
        "LEAKS_HOME": str(place / "home"),
        "LEAKS_SECRET_KEY": Fernet.generate_key().decode(),
        "STRIPE_API_BASE": sandbox.url,
        "STRIPE_CONNECT_BASE": sandbox.url,
        "STRIPE_CONNECT_CLIENT_ID": CLIENT_ID,
        "STRIPE_CONNECT_API_KEY": PLATFORM_KEY,
        "STRIPE_CONNECT_WEBHOOK_SECRET": SECRET,
    }


@pytest.fixture(scope="module")
def service(environment: dict[str, str], sandbox: Running) -> Iterator[Service]:
    """`leaks serve`, which the platform's one webhook endpoint sends to."""
    secrets = ("leaks_secret_key", "stripe_connect_api_key", "stripe_connect_webhook_secret")
    named = {name.lower(): value for name, value in environment.items() if name != "STRIPE_API_BASE"}
    settings = Settings(_env_file=None, **{k: SecretStr(v) if k in secrets else v for k, v in named.items()})  # type: ignore[arg-type]
    with serving(create_app(settings), settings) as one:
        sandbox.webhooks.add(WebhookEndpoint("we_1", f"{one.url}/webhooks/stripe", [SECRET], is_connect=True))
        yield one


def leaks(place: Path, environment: dict[str, str], *arguments: str, code: int = 0) -> str:
    """What a verb says."""
    done = start(place, *arguments, **environment)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def alerts(place: Path) -> list[str]:
    with Published.open(place / "home", tenant=A.tenant_id) as published:
        sql = "select object_id from leak_findings where object_type = 'invoice' and confidence >= 0.5 order by 1"
        return [row["object_id"] for row in published.query(sql)]


def test_from_a_link_to_leaks_and_to_the_end(
    place: Path, environment: dict[str, str], sandbox: Running, service: Service
) -> None:
    leaks(place, environment, "tenants", "add", A.tenant_id)
    assert "leaks tenants connect" in leaks(place, environment, "run", "--tenant", A.tenant_id, code=2)

    back = f"{service.url}/connect/stripe/callback"
    link = leaks(place, environment, "tenants", "connect", A.tenant_id, "--redirect-uri", back).strip()
    came_back = httpx.get(f"{link}&stripe_user[id]={A.account_id}", follow_redirects=True, trust_env=False)
    assert came_back.json() == {"result": "connected", "tenant": A.tenant_id, "account": A.account_id}

    leaks(place, environment, "run", "--tenant", A.tenant_id)
    asked = {request.headers.get("stripe-account") for request in sandbox.requests if "/v1/invoices" in request.path}
    assert asked == {A.account_id}
    before = alerts(place)
    assert before

    paid(sandbox, before[0])
    assert sandbox.webhooks.wait(20)
    leaks(place, environment, "worker", "--once")
    assert alerts(place) == before[1:]

    deauthorize(sandbox.stand_in, A.account_id)
    assert sandbox.webhooks.wait(20)
    leaks(place, environment, "worker", "--once")
    assert "leaks tenants connect" in leaks(place, environment, "run", "--tenant", A.tenant_id, code=2)
    assert alerts(place) == before[1:], "what is published stays"
    lines = json.loads(leaks(place, environment, "security-log", "--tenant", A.tenant_id, "--format", "json"))
    told = [line["event"] for line in reversed(lines) if line["event"] != "key_used"]
    assert told == ["tenant_added", "integration_connected", "integration_disconnected"]


def paid(sandbox: Running, invoice_id: str) -> None:
    """The customer pays: Stripe has the new state, and sends the event."""
    one: dict[str, Any] = sandbox.get("invoice", invoice_id, account=A.account_id)
    transitions = {**one["status_transitions"], "paid_at": sandbox.clock.now()}
    now = {"status": "paid", "amount_paid": one["amount_due"], "amount_remaining": 0, "status_transitions": transitions}
    sandbox.emit("invoice.paid", {**one, **now}, {"status": "open"}, account=A.account_id)
