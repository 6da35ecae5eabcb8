"""The official SDK connects an account through the sandbox, and Stripe's refusals are worded as Stripe words them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from stripe import PermissionError as NotPermittedError
from stripe import StripeClient
from stripe.oauth_error import InvalidClientError, InvalidGrantError

from sandbox.stripe import Running, running
from sandbox.stripe.oauth import CLIENT_ID, CODE_SECONDS, deauthorize
from tests.sandbox.clients import LIVE, client_for

ACCOUNT = "acct_1ConnectedOne"
BACK = "http://leaks.example/back"


@pytest.fixture
def platform() -> Iterator[Running]:
    """A platform and an account that has not let it in."""
    with running(is_frozen=True) as one:
        one.stand_in.add_account(ACCOUNT)
        one.stand_in.disconnected.add(ACCOUNT)
        yield one


@pytest.fixture
def client(platform: Running) -> StripeClient:
    """The SDK, which speaks to Connect at an address of its own."""
    addresses = {"api": platform.url, "connect": platform.url}
    return StripeClient(LIVE, base_addresses=addresses, client_id=CLIENT_ID, max_network_retries=0)  # type: ignore[arg-type]


def code_of(client: StripeClient, **more: str) -> httpx.QueryParams:
    """What Stripe brings back to the platform."""
    link = client.oauth.authorize_url({"redirect_uri": BACK, "state": "s/1", "scope": "read_only", **more})  # type: ignore[typeddict-item]
    return httpx.URL(httpx.get(link, trust_env=False).headers["location"]).params


def test_an_account_is_connected_read_and_let_go(platform: Running, client: StripeClient) -> None:
    reads = client_for(platform, stripe_account=ACCOUNT)
    with pytest.raises(NotPermittedError, match="Application access may have been revoked"):
        reads.v1.customers.list()
    brought = code_of(client)
    assert brought["state"] == "s/1"
    token = client.oauth.token({"grant_type": "authorization_code", "code": brought["code"]})
    assert (token.stripe_user_id, token.livemode, token.scope) == (ACCOUNT, True, "read_only")
    assert reads.v1.customers.list().data == []
    assert client.oauth.deauthorize({"stripe_user_id": ACCOUNT}).stripe_user_id == ACCOUNT
    with pytest.raises(NotPermittedError):
        reads.v1.customers.list()
    with pytest.raises(InvalidClientError, match="not connected to stripe account"):
        client.oauth.deauthorize({"stripe_user_id": ACCOUNT})


def test_a_code_works_once_for_five_minutes(platform: Running, client: StripeClient) -> None:
    def take(code: str) -> None:
        client.oauth.token({"grant_type": "authorization_code", "code": code})

    code = code_of(client)["code"]
    take(code)
    with pytest.raises(InvalidGrantError, match="already been used"):
        take(code)
    assert ACCOUNT in platform.stand_in.disconnected, "Stripe revokes what a code gave that is shown twice"
    late = code_of(client)["code"]
    platform.stand_in.advance(CODE_SECONDS + 1)
    with pytest.raises(InvalidGrantError, match="expired"):
        take(late)
    with pytest.raises(InvalidGrantError, match="does not exist"):
        take("ac_unknown")


def test_an_owner_may_decline(client: StripeClient) -> None:
    brought = code_of(client, **{"stripe_user[id]": "nobody"})
    assert (brought["error"], brought["state"]) == ("access_denied", "s/1")
    assert "code" not in brought


def test_another_key_or_client_is_refused(platform: Running, client: StripeClient) -> None:
    platform.revoke(LIVE)
    with pytest.raises(InvalidClientError):
        client.oauth.token({"grant_type": "authorization_code", "code": "ac_1"})
    stranger = f"{platform.url}/oauth/authorize?response_type=code&client_id=ca_other&redirect_uri={BACK}"
    assert httpx.get(stranger, trust_env=False).json()["error"] == "invalid_client"


def test_who_takes_the_permission_back_is_an_event(platform: Running) -> None:
    platform.stand_in.disconnected.clear()
    deauthorize(platform.stand_in, ACCOUNT)
    events = list(platform.stand_in.account(ACCOUNT).store.all("event"))
    assert [(one["type"], one["data"]["object"]["object"]) for one in events] == [
        ("account.application.deauthorized", "application")
    ]
