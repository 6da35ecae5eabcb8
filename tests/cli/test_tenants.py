"""`leaks tenants` keeps tenants and their secrets, which come from variables or stdin and are never shown."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Leaks

KEY, HOOKS = "rk_live_51VerySecret", "whsec_First,whsec_Second"


@pytest.fixture
def where(tmp_path: Path, secret_key: str) -> dict[str, str]:
    """A home without a store, and secrets in the environment."""
    home = str(tmp_path / "home")
    return {"LEAKS_HOME": home, "LEAKS_SECRET_KEY": secret_key, "ACME_KEY": KEY, "ACME_HOOKS": HOOKS}


def listed(leaks: Leaks, where: dict[str, str], *options: str) -> dict[str, dict[str, object]]:
    done = leaks("tenants", "list", "--format", "json", *options, **where)
    assert done.returncode == 0, done.stderr
    return {row["tenant_id"]: row for row in json.loads(done.stdout)}


def test_a_new_home_has_the_tenant_default(leaks: Leaks, where: dict[str, str]) -> None:
    assert list(listed(leaks, where)) == ["default"]


def test_secrets_are_stored_and_never_shown(leaks: Leaks, where: dict[str, str]) -> None:
    options = ("--name", "Acme Inc", "--api-key-env", "ACME_KEY", "--webhook-secret-env", "ACME_HOOKS")
    added = leaks("tenants", "add", "acme", *options, **where)
    assert (added.returncode, added.stdout) == (0, "acme: added, secrets stored.\n")
    row = listed(leaks, where)["acme"]
    assert row["name"] == "Acme Inc"
    (one,) = row["integrations"]  # type: ignore[misc]
    assert (one["mode"], one["kind"], one["has_credentials"], one["has_webhook_secrets"]) == (
        "live",
        "api_key",
        True,
        True,
    )
    table = leaks("tenants", "list", **where).stdout
    assert "stripe live api_key active with credentials and webhook secrets" in table
    shown = added.stdout + added.stderr + table + json.dumps(row)
    stored = b"".join(path.read_bytes() for path in Path(where["LEAKS_HOME"]).glob("*.db*"))
    for secret in ("VerySecret", "whsec_"):
        assert secret not in shown
        assert secret.encode() not in stored


def test_a_secret_may_come_from_stdin(where: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "leaks"), "tenants", "add", "acme", "--api-key-env", "-"],
        input="rk_test_1234\n",
        cwd=tmp_path,
        env=where,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "acme: added, secrets stored.\n")


def test_where_a_products_logs_are_is_a_secret_too(leaks: Leaks, where: dict[str, str]) -> None:
    where["ACME_LOGS"] = "postgresql://reader:VerySecret@host/app#public.logins"
    added = leaks("tenants", "add", "acme", "--product-usage-env", "ACME_LOGS", **where)
    assert (added.returncode, added.stdout) == (0, "acme: added, secrets stored.\n")
    (one,) = listed(leaks, where)["acme"]["integrations"]  # type: ignore[misc]
    assert (one["system"], one["kind"], one["has_credentials"]) == ("product_usage", "export", True)
    stored = b"".join(path.read_bytes() for path in Path(where["LEAKS_HOME"]).glob("*.db*"))
    assert b"VerySecret" not in stored


def test_the_key_for_actions_is_another_one_and_goes_with_the_account(leaks: Leaks, where: dict[str, str]) -> None:
    where["ACME_ACTIONS"] = "rk_live_51MayWrite"
    both = ("--api-key-env", "ACME_KEY", "--actions-key-env", "ACME_ACTIONS")
    assert leaks("tenants", "add", "acme", *both, **where).returncode == 0
    stored = listed(leaks, where)["acme"]["integrations"]
    active = {one["system"] for one in stored if one["status"] == "active"}  # type: ignore[attr-defined]
    assert active == {"stripe", "stripe_actions"}
    assert leaks("tenants", "disconnect", "acme", **where).returncode == 0
    left = listed(leaks, where)["acme"]["integrations"]
    assert not [one for one in left if one["status"] == "active" or one["has_credentials"]]  # type: ignore[attr-defined]
    mixed = {**where, "ACME_ACTIONS": "rk_test_51MayWrite"}
    assert leaks("tenants", "add", "acme", *both, **mixed).returncode == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--api-key-env", "NOT_SET"), "There is no API key in NOT_SET"),
        (("--api-key-env", "rk_live_51VerySecret"), "comes from a variable"),
        (("--webhook-secret-env", "whsec_VerySecret"), "comes from a variable"),
        (("--webhook-secret-env", "ACME_KEY"), "begins with whsec_"),
        (("--api-key-env", "ACME_HOOKS"), "must be a restricted"),
        (("--api-key-env", "ACME_KEY", "--mode", "test"), "is a live key"),
        (("--mode", "sandbox"), "live or test"),
    ],
)
def test_what_cannot_be_is_bad_input_and_adds_nothing(
    leaks: Leaks, where: dict[str, str], options: tuple[str, ...], words: str
) -> None:
    done = leaks("tenants", "add", "acme", *options, **where)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.split())
    assert "VerySecret" not in done.stderr
    assert list(listed(leaks, where)) == ["default"]


def test_a_slug_that_is_no_folder_is_bad_input(leaks: Leaks, where: dict[str, str]) -> None:
    for slug in ("Acme", "a/b", "dagster"):
        assert leaks("tenants", "add", slug, **where).returncode == 2


def test_without_a_key_for_encryption_no_secret_is_taken(leaks: Leaks, where: dict[str, str]) -> None:
    del where["LEAKS_SECRET_KEY"]
    done = leaks("tenants", "add", "acme", "--api-key-env", "ACME_KEY", **where)
    assert done.returncode == 2
    assert "leaks db new-key" in done.stderr
    assert list(listed(leaks, where)) == ["default"]
    assert leaks("tenants", "add", "acme", **where).returncode == 0


def test_a_removed_tenant_keeps_its_data_and_may_come_back(leaks: Leaks, where: dict[str, str]) -> None:
    leaks("tenants", "add", "acme", "--api-key-env", "ACME_KEY", **where)
    removed = leaks("tenants", "remove", "acme", **where)
    assert (removed.returncode, removed.stdout) == (0, "acme: removed, credentials forgotten.\n")
    assert list(listed(leaks, where)) == ["default"]
    (one,) = listed(leaks, where, "--removed")["acme"]["integrations"]  # type: ignore[misc]
    assert (one["status"], one["has_credentials"]) == ("disconnected", False)
    assert leaks("tenants", "remove", "acme", **where).stdout == "acme: was removed before.\n"
    assert leaks("tenants", "add", "acme", **where).stdout == "acme: added.\n"


def test_default_and_unknown_tenants_are_not_removed(leaks: Leaks, where: dict[str, str]) -> None:
    for slug, words in (("default", "always there"), ("nobody", "leaks tenants list")):
        done = leaks("tenants", "remove", slug, **where)
        assert done.returncode == 2
        assert words in done.stderr
