"""Whom a page takes its visitor for: who signed in, or on one's own machine the one whom the settings name."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from revops.settings import Settings
from revops.store import Store
from revops.store.people import People
from streamlit_app import who as module
from streamlit_app.who import Who, who
from tests.revops.store.proposed import TENANT, now, person

ADA = "web:ada@example.com"


@pytest.fixture
def asked(sqlite_store: Store, sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks who it is, for a user of Streamlit, a setting, headers and an address."""

    def ask(
        user: dict[str, Any] | None = None,
        setting: str | None = None,
        headers: dict[str, str] | None = None,
        address: str | None = "127.0.0.1",
    ) -> Who:
        context = SimpleNamespace(headers=headers or {})
        fake = SimpleNamespace(user=user or {}, context=context, get_option=lambda _name: address)
        monkeypatch.setattr(module, "st", fake)
        settings = sqlite_settings.model_copy(update={"leaks_web_person": setting})
        return who(settings, sqlite_store, TENANT, now())

    return ask


def signed_in(**claims: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "email": "Ada@Example.com", "email_verified": True, **claims}


def test_who_signed_in_is_known_by_the_address_whatever_its_letters(asked: Any, sqlite_store: Store) -> None:
    person(sqlite_store, ADA)
    found = asked(signed_in())
    assert (found.person.person_id, found.may_decide, found.is_signed_in) == (ADA, True, True)


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email": None}])
def test_an_address_that_nobody_vouches_for_is_nobodys(asked: Any, sqlite_store: Store, claims: dict[str, Any]) -> None:
    person(sqlite_store, ADA)
    assert asked(signed_in(**claims)).person is None


def test_where_sign_in_is_set_up_the_setting_stands_in_for_nobody(asked: Any, sqlite_store: Store) -> None:
    person(sqlite_store, ADA, "admin")
    found = asked({"is_logged_in": False}, setting=ADA)
    assert (found.person, found.is_asked_to_sign_in) == (None, True)


def test_an_address_without_sign_in_is_no_proof(asked: Any, sqlite_store: Store) -> None:
    """Streamlit may know an address that nobody signed in with."""
    person(sqlite_store, ADA, "admin")
    assert asked({"email": "ada@example.com"}).person is None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_on_ones_own_machine_the_setting_says_who_decides(asked: Any, sqlite_store: Store, address: str) -> None:
    person(sqlite_store, ADA)
    assert asked(setting="web:ADA@example.com", address=address).may_decide


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("0.0.0.0", {}),  # noqa: S104 - what must not be trusted
        (None, {}),
        ("192.0.2.7", {}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.9"}),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.9"}),
    ],
)
def test_where_others_may_come_the_setting_is_nobody(
    asked: Any, sqlite_store: Store, address: str | None, headers: dict[str, str]
) -> None:
    person(sqlite_store, ADA, "admin")
    found = asked(setting=ADA, address=address, headers=headers)
    assert found.person is None
    assert "this machine alone" in found.sentence


@pytest.mark.parametrize("setting", ["ada", "cli:root", "slack:T1:U1"])
def test_only_a_person_of_the_web_decides_on_a_page(asked: Any, sqlite_store: Store, setting: str) -> None:
    if setting != "ada":
        person(sqlite_store, setting, "admin")
    assert asked(setting=setting).person is None


def test_who_stands_in_for_somebody_is_told_so_by_whose_role(asked: Any, sqlite_store: Store) -> None:
    person(sqlite_store, "web:bob@example.com", "admin")
    until = now() + timedelta(days=1)
    People(sqlite_store).delegate(TENANT, "web:bob@example.com", ADA, until, actor="test", at=now())
    found = asked(setting=ADA)
    assert found.person.role == "admin"
    assert found.sentence == "You decide as ada@example.com (admin, in place of bob@example.com)."
