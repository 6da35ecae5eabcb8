"""`leaks people`: who runs this installation gives the first role; every change is in the security log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.deciding import ME, Home, here, words

__all__ = ["here"]


def people(here: Home, tenant: str = "default") -> dict[str, str]:
    rows = json.loads(here.leaks("people", "list", "--format", "json", "--tenant", tenant))
    return {row["person_id"]: row["role"] for row in rows}


def test_who_runs_the_installation_makes_themselves_the_first_admin(here: Home) -> None:
    assert people(here) == {}
    assert here.leaks("people", "add", "--role", "admin") == f"{ME} is admin at default.\n"
    assert people(here) == {ME: "admin"}


def test_a_user_name_from_the_environment_is_nobody(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, "mallory")
    here.leaks("people", "add")
    assert people(here) == {ME: "approver"}


def test_a_role_is_given_changed_and_taken_and_the_log_says_by_whom(here: Home) -> None:
    here.leaks("people", "add", "web:Ada@Example.com", "--name", "Ada")
    here.leaks("people", "add", "web:ada@example.com", "--role", "viewer")
    assert people(here) == {"web:ada@example.com": "viewer"}, "one person, however the address is spelled"
    here.leaks("people", "remove", "web:ada@example.com")
    assert people(here) == {}
    log = json.loads(here.leaks("security-log", "--event", "role_changed", "--format", "json"))
    assert [line["detail"]["to"] for line in log] == [None, "viewer", "approver"]
    assert {line["actor"] for line in log} == {ME}


def test_another_decides_in_somebodys_place_until_a_time(here: Home) -> None:
    here.leaks("people", "add", "web:ada@example.com", "--role", "admin")
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    here.leaks("people", "delegate", "web:ada@example.com", "--to", ME, "--until", until.isoformat())
    here.propose()
    assert "carried out at once" in here.leaks("actions", "approve", here.listed()[0]["action"], "--yes")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "ada"), "is no person"),
        (("add", "slack:U1"), "is no Slack user"),
        (("add", "web:a@b", "--role", "king"), "viewer, approver, admin"),
        (("add", "web:a@b", "--tenant", "nobody"), "leaks tenants list"),
        (("list", "--tenant", "nobody"), "leaks tenants list"),
        (("remove", "web:a@b"), "leaks people list"),
        (("delegate", "web:a@b", "--to", "web:c@d", "--until", "2020-01-01"), "within 90 days"),
        (("delegate", "web:a@b", "--to", "web:a@b", "--until", "2027-01-01"), "somebody else"),
        (("delegate", "web:a@b", "--to", "web:c@d", "--until", "soon"), "is no date or time"),
    ],
)
def test_what_cannot_be_is_bad_input_and_changes_nothing(here: Home, arguments: tuple[str, ...], said: str) -> None:
    assert said in words(here.leaks("people", *arguments, code=2))
    assert people(here) == {}
