"""`leaks security-log` finds who did what to one tenant, and shows no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Leaks


@pytest.fixture
def where(leaks: Leaks, tmp_path: Path, secret_key: str) -> dict[str, str]:
    """An installation in which something has happened."""
    where = {"LEAKS_HOME": str(tmp_path / "home"), "LEAKS_SECRET_KEY": secret_key, "KEY": "rk_" + "live_51Secret"}
    (tmp_path / "policy.yml").write_text("standard_trial_days: 7\n")
    for arguments in (
        ("tenants", "add", "acme", "--api-key-env", "KEY"),
        ("tenants", "add", "bravo"),
        ("policy", "import", "policy.yml", "--tenant", "acme", "--author", "grace"),
        ("db", "rotate-key"),
    ):
        assert leaks(*arguments, **where).returncode == 0
    return where


def found(leaks: Leaks, where: dict[str, str], *options: str) -> list[str]:
    done = leaks("security-log", "--format", "json", *options, **where)
    assert done.returncode == 0, done.stderr
    return [line["event"] for line in json.loads(done.stdout)]


def test_what_was_done_to_a_tenant_is_found_newest_first(leaks: Leaks, where: dict[str, str]) -> None:
    everything = ["secret_rotated", "policy_changed", "integration_connected", "tenant_added"]
    assert found(leaks, where, "--tenant", "acme") == everything
    assert found(leaks, where, "--tenant", "bravo") == ["tenant_added"]
    assert found(leaks, where) == []


def test_the_search_narrows(leaks: Leaks, where: dict[str, str]) -> None:
    acme = ("--tenant", "acme")
    assert found(leaks, where, *acme, "--event", "policy_changed") == ["policy_changed"]
    assert found(leaks, where, *acme, "--actor", "grace") == ["policy_changed"]
    assert found(leaks, where, *acme, "--text", "GRACE") == ["policy_changed"]
    assert found(leaks, where, *acme, "--since", "2999-01-01") == []
    assert found(leaks, where, *acme, "--limit", "1") == ["secret_rotated"]


def test_people_get_a_table_without_secrets(leaks: Leaks, where: dict[str, str]) -> None:
    done = leaks("security-log", "--tenant", "acme", **where)
    assert "policy_changed" in done.stdout
    assert "grace" in done.stdout
    assert "number=1" in done.stdout
    assert "Secret" not in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--event", "sneezed"), "refused_connect"),
        (("--tenant", "nobody"), "leaks tenants list"),
        (("--since", "soon"), "is no date or time"),
    ],
)
def test_bad_input_is_exit_code_2(leaks: Leaks, where: dict[str, str], options: tuple[str, ...], said: str) -> None:
    done = leaks("security-log", *options, **where)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
