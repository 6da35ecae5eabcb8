"""Integrations keep secrets encrypted, hand them out with a line in the log, and belong to one tenant."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from revops.store import SecretKeyError, Store
from revops.store import tables as t
from revops.store.integrations import Integration, IntegrationError, Integrations
from revops.store.secrets import Secrets, new_key
from revops.store.security_log import SecurityLog
from revops.store.tenants import TenantError, Tenants
from tests.revops.store.filled import AT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

KEY, HOOK = SecretStr("rk_live_51HxSecretSecret"), SecretStr("whsec_HookSecret")
LATER = AT + timedelta(hours=1)


@pytest.fixture
def integrations(store: Store, secret_key: str) -> Integrations:
    """With the tenants acme and rival."""
    for tenant in ("acme", "rival"):
        Tenants(store).add(tenant, None, actor="ada", at=AT)
    return Integrations(store, Secrets(SecretStr(secret_key)))


def connect(integrations: Integrations, tenant: str = "acme", **changes: Any) -> Integration:
    given = {"mode": "live", "kind": "api_key", "credentials": KEY, "webhook_secrets": [HOOK], "actor": "ada", "at": AT}
    return integrations.connect(tenant, **(given | changes))


def events(store: Store, tenant: str = "acme") -> list[str]:
    return [line.event for line in reversed(SecurityLog(store).search(tenant))][1:]


def stored_bytes(store: Store) -> list[tuple[bytes, bytes]]:
    with store.everyone(is_read_only=True) as connection:
        rows = connection.execute(select(t.integrations.c.credentials, t.integrations.c.webhook_secrets))
        return [(bytes(row[0]), bytes(row[1])) for row in rows]


def test_secrets_are_stored_encrypted_and_shown_nowhere(store: Store, integrations: Integrations) -> None:
    integration = connect(integrations)
    text = repr((integration, integrations.read(), integrations.receiving(), stored_bytes(store)))
    text += repr(SecurityLog(store).search("acme")) + repr(vars(integrations))
    assert "Secret" not in text.replace("SecretStr", "").replace("Secrets", "")
    assert (integration.has_credentials, integration.has_webhook_secrets) == (True, True)


def test_taking_a_credential_leaves_a_line(store: Store, integrations: Integrations) -> None:
    one = connect(integrations)
    taken = integrations.credentials("acme", one.integration_id, purpose="landing", actor="worker", at=LATER)
    assert taken == KEY
    newest = SecurityLog(store).search("acme")[0]
    assert (newest.event, newest.actor, newest.at) == ("key_used", "worker", LATER)
    assert newest.detail == {"integration_id": one.integration_id, "purpose": "landing"}


def test_an_export_has_no_credential(integrations: Integrations) -> None:
    one = connect(integrations, kind="export", credentials=None, webhook_secrets=())
    assert integrations.credentials("acme", one.integration_id, purpose="landing", actor="worker", at=AT) is None


def test_connecting_again_renews_the_same_integration(store: Store, integrations: Integrations) -> None:
    first = connect(integrations)
    again = connect(integrations, credentials=SecretStr("rk_live_2"), webhook_secrets=(), at=LATER)
    assert again.integration_id == first.integration_id
    named = connect(integrations, account_id="acct_1", credentials=None, webhook_secrets=[HOOK], at=LATER)
    assert (named.integration_id, named.account_id) == (first.integration_id, "acct_1")
    assert named.updated_at == LATER
    assert named.created_at == AT
    taken = integrations.credentials("acme", first.integration_id, purpose="landing", actor="worker", at=LATER)
    assert taken == SecretStr("rk_live_2")
    assert events(store) == ["integration_connected", "secret_rotated", "secret_rotated", "key_used"]


def test_a_webhook_secret_alone_does_not_change_the_kind(integrations: Integrations) -> None:
    connect(integrations, kind="connect", account_id="acct_1")
    assert connect(integrations, credentials=None).kind == "connect"


def test_modes_and_named_accounts_are_integrations_of_their_own(integrations: Integrations) -> None:
    connect(integrations)
    connect(integrations, mode="test")
    connect(integrations, account_id="acct_1")
    connect(integrations, account_id="acct_2")
    assert [(one.mode, one.account_id) for one in integrations.read("acme")].count(("live", "acct_2")) == 1
    assert len(integrations.read("acme")) == 3
    with pytest.raises(IntegrationError, match="name one of acct_1, acct_2"):
        connect(integrations)


def test_an_account_belongs_to_one_integration_while_it_is_active(integrations: Integrations) -> None:
    one = connect(integrations, account_id="acct_1")
    with pytest.raises(IntegrationError, match=r"acct_1 of stripe is connected already\. Disconnect"):
        connect(integrations, "rival", account_id="acct_1")
    assert integrations.disconnect("acme", one.integration_id, "moved", actor="ada", at=LATER)
    assert connect(integrations, "rival", account_id="acct_1").tenant_id == "rival"


def test_disconnecting_forgets_the_secrets(store: Store, integrations: Integrations) -> None:
    one = connect(integrations)
    assert integrations.disconnect("acme", one.integration_id, "key revoked", actor="ada", at=LATER)
    assert not integrations.disconnect("acme", one.integration_id, "again", actor="ada", at=LATER)
    (left,) = integrations.read("acme")
    assert (left.status, left.reason, left.has_credentials) == ("disconnected", "key revoked", False)
    assert integrations.receiving() == []
    assert events(store) == ["integration_connected", "integration_disconnected"]


def test_the_receiver_gets_every_active_integration(integrations: Integrations) -> None:
    connect(integrations, webhook_secrets=[HOOK, SecretStr("whsec_next")])
    connect(integrations, "rival", kind="connect", mode="test", account_id="acct_9", webhook_secrets=())
    found = {one.tenant_id: one for one in integrations.receiving()}
    assert found["acme"].webhook_secrets == (HOOK, SecretStr("whsec_next"))
    assert (found["rival"].mode, found["rival"].kind, found["rival"].account_id) == ("test", "connect", "acct_9")
    assert found["rival"].webhook_secrets == ()


def test_one_unreadable_secret_holds_up_no_other(store: Store, integrations: Integrations, secret_key: str) -> None:
    connect(integrations)
    other = Integrations(store, Secrets(SecretStr(f"{new_key()}")))
    connect(other, "rival")
    found = {one.tenant_id: one for one in integrations.receiving()}
    assert found["acme"].webhook_secrets == (HOOK,)
    assert found["rival"].webhook_secrets == ()
    assert "another key" in (found["rival"].problem or "")


def test_a_key_is_changed_while_everything_runs(store: Store, integrations: Integrations, secret_key: str) -> None:
    one = connect(integrations)
    connect(integrations, "rival")
    new = new_key()
    before = stored_bytes(store)
    assert Integrations(store, Secrets(SecretStr(f"{new},{secret_key}"))).encrypt_anew(actor="ada", at=LATER) == 2
    assert not set(before) & set(stored_bytes(store))
    only_new = Integrations(store, Secrets(SecretStr(new)))
    assert only_new.credentials("acme", one.integration_id, purpose="landing", actor="worker", at=LATER) == KEY
    assert [found.webhook_secrets for found in only_new.receiving()] == [(HOOK,), (HOOK,)]
    with pytest.raises(SecretKeyError, match="Put the former key back"):
        integrations.credentials("acme", one.integration_id, purpose="landing", actor="worker", at=LATER)


def test_changing_the_key_is_all_or_nothing(store: Store, integrations: Integrations, secret_key: str) -> None:
    connect(integrations)
    connect(Integrations(store, Secrets(SecretStr(new_key()))), "rival")
    before = stored_bytes(store)
    with pytest.raises(SecretKeyError):
        Integrations(store, Secrets(SecretStr(f"{new_key()},{secret_key}"))).encrypt_anew(actor="ada", at=LATER)
    assert stored_bytes(store) == before


def test_no_tenant_reaches_anothers_integration(integrations: Integrations) -> None:
    one = connect(integrations)
    assert integrations.read("rival") == []
    with pytest.raises(IntegrationError, match="rival has no integration"):
        integrations.credentials("rival", one.integration_id, purpose="landing", actor="worker", at=AT)
    with pytest.raises(IntegrationError, match="rival has no integration"):
        integrations.disconnect("rival", one.integration_id, "mine", actor="eve", at=AT)


def test_only_a_tenant_that_is_there_is_connected(store: Store, integrations: Integrations) -> None:
    with pytest.raises(TenantError, match="There is no tenant nobody"):
        connect(integrations, "nobody")
    Tenants(store).remove("acme", actor="ada", at=AT)
    with pytest.raises(IntegrationError, match="leaks tenants add acme"):
        connect(integrations)


def test_without_a_key_nothing_is_connected(store: Store, integrations: Integrations) -> None:
    with pytest.raises(SecretKeyError, match="leaks db new-key"):
        connect(Integrations(store, Secrets(None)))
    assert integrations.read("acme") == []
