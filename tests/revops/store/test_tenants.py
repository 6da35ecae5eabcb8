"""Tenants come and go without losing a row; each step is in the security log."""

from datetime import timedelta

import pytest

from revops.store import Store
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLog
from revops.store.tenants import TenantError, Tenants, check_tenant_id
from tests.revops.store.filled import AT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")


def events(store: Store, tenant_id: str) -> list[str]:
    return [line.event for line in reversed(SecurityLog(store).search(tenant_id))]


def test_a_tenant_is_added_once(store: Store) -> None:
    tenants = Tenants(store)
    assert tenants.add("acme", "Acme Inc", actor="ada", at=AT)
    assert not tenants.add("acme", None, actor="ada", at=AT + timedelta(days=1))
    (acme, default) = tenants.read()
    assert (acme.tenant_id, acme.name, acme.created_at, acme.removed_at) == ("acme", "Acme Inc", AT, None)
    assert default.tenant_id == "default"
    assert events(store, "acme") == ["tenant_added"]


def test_a_name_may_be_given_later(store: Store) -> None:
    tenants = Tenants(store)
    tenants.add("acme", None, actor="ada", at=AT)
    assert tenants.get("acme").name == "acme"  # type: ignore[union-attr]
    tenants.add("acme", "Acme Inc", actor="ada", at=AT)
    assert tenants.get("acme").name == "Acme Inc"  # type: ignore[union-attr]


def test_a_removed_tenant_stays_in_the_books_and_may_come_back(store: Store) -> None:
    tenants = Tenants(store)
    tenants.add("acme", "Acme Inc", actor="ada", at=AT)
    assert tenants.remove("acme", actor="ada", at=AT)
    assert not tenants.remove("acme", actor="ada", at=AT)
    assert [tenant.tenant_id for tenant in tenants.read()] == ["default"]
    assert [tenant.tenant_id for tenant in tenants.read(with_removed=True)] == ["acme", "default"]
    assert tenants.add("acme", None, actor="ada", at=AT)
    assert tenants.get("acme").name == "Acme Inc"  # type: ignore[union-attr]
    assert events(store, "acme") == ["tenant_added", "tenant_removed", "tenant_added"]


def test_default_is_not_removed_and_an_unknown_tenant_neither(store: Store) -> None:
    with pytest.raises(TenantError, match="always there"):
        Tenants(store).remove("default", actor="ada", at=AT)
    with pytest.raises(TenantError, match="leaks tenants list"):
        Tenants(store).remove("nobody", actor="ada", at=AT)
    assert Tenants(store).get("nobody") is None


@pytest.mark.parametrize("slug", ["", "Acme", "a" * 41, "-acme", "a/b", "..", "a b", "ü", "acme\n", "dagster", "*"])
def test_what_cannot_be_a_folder_and_an_address_is_no_tenant(slug: str) -> None:
    with pytest.raises(TenantError):
        check_tenant_id(slug)


def test_what_is_no_tenant_id_is_not_added(store: Store) -> None:
    with pytest.raises(TenantError, match="1 to 40 of a-z"):
        Tenants(store).add("../acme", None, actor="ada", at=AT)
    assert len(Tenants(store).read(with_removed=True)) == 1


@pytest.mark.parametrize("slug", ["a", "7", "acme-2", "a" * 40])
def test_what_can_is_one(slug: str) -> None:
    check_tenant_id(slug)


def test_removing_forgets_credentials(store: Store, secret_key: str) -> None:
    from pydantic import SecretStr

    from revops.store.integrations import Integrations

    tenants, integrations = Tenants(store), Integrations(store, Secrets(SecretStr(secret_key)))
    tenants.add("acme", None, actor="ada", at=AT)
    integrations.connect("acme", mode="live", kind="api_key", credentials=SecretStr("rk_live_1"), actor="ada", at=AT)
    tenants.remove("acme", actor="ada", at=AT)
    (left,) = integrations.read("acme")
    assert (left.status, left.reason, left.has_credentials) == ("disconnected", "tenant removed", False)
    assert integrations.receiving() == []
