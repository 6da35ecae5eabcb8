"""`leaks doctor` says of everything whether it is right and how to mend it, and tells no secret."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from sandbox.stripe import running
from tests.cli.conftest import Leaks

KEY = "rk_live_" + "d0c" * 8


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    customer = {"id": "cus_1", "object": "customer", "created": 1790812800, "livemode": True}
    (folder / "customer.jsonl").write_text(json.dumps(customer) + "\n")
    return folder


def test_a_sound_installation_on_an_export_is_all_right(leaks: Leaks, home: Path, export: Path) -> None:
    done = leaks("doctor", LEAKS_HOME=str(home), STRIPE_EXPORT=str(export))
    assert done.returncode == 0, done.stdout
    for name in ("LEAKS_HOME", "disk", "PROFILE", "STRIPE_EXPORT", "LEAKS_POLICY", "dbt", "manifest", "published"):
        assert f" {name} " in done.stdout
    assert "BROKEN" not in done.stdout


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "STRIPE_API_KEY"),
        ({"STRIPE_API_KEY": "hello"}, "no secret or restricted key"),
        ({"STRIPE_EXPORT": "/nowhere"}, "/nowhere"),
        ({"PROFILE": "oracle"}, "allowed: duckdb"),
        ({"LEAKS_POLICY": "/nowhere.yml"}, "LEAKS_POLICY"),
        ({"STRIPE_MODE": "sandbox"}, "STRIPE_MODE"),
        ({"DATABASE_URL": "mysql://host/db"}, "no address of PostgreSQL"),
        ({"LEAKS_SECRET_KEY": "hello"}, "Key 1 of LEAKS_SECRET_KEY is no key"),
        ({"LEAKS_HOME": "/proc/nowhere"}, "choose another folder"),
    ],
)
def test_what_is_broken_is_named_with_its_remedy(leaks: Leaks, home: Path, settings: dict[str, str], said: str) -> None:
    done = leaks("doctor", **{"LEAKS_HOME": str(home), **settings})
    assert done.returncode == 1
    broken = [line for line in done.stdout.splitlines() if line.startswith("BROKEN")]
    assert any(said in line for line in broken), done.stdout
    assert "Traceback" not in done.stderr


def test_each_permission_is_asked_for_and_a_missing_one_is_named(leaks: Leaks, home: Path, tmp_path: Path) -> None:
    with running(None, as_of=datetime(2026, 10, 1, tzinfo=UTC), keys=[KEY]) as stripe:
        stripe.restrict(KEY, ["invoice_read", "customer_read"])
        done = leaks("doctor", LEAKS_HOME=str(home), STRIPE_API_KEY=KEY, STRIPE_API_BASE=stripe.url)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    assert any(line.startswith("ok") and " stripe invoice " in line for line in lines)
    assert any(line.startswith("off") and " stripe dispute " in line and "rak_dispute_read" in line for line in lines)
    assert KEY not in done.stdout + done.stderr


def test_a_disabled_webhook_endpoint_is_broken_and_none_is_only_off(leaks: Leaks, home: Path) -> None:
    with running(None, as_of=datetime(2026, 10, 1, tzinfo=UTC), keys=[KEY]) as stripe:
        settings = {"LEAKS_HOME": str(home), "STRIPE_API_KEY": KEY, "STRIPE_API_BASE": stripe.url}
        done = leaks("doctor", **settings)
        assert done.returncode == 0, done.stdout
        assert any(line.startswith("off") and " webhooks " in line for line in done.stdout.splitlines())
        url = "http://127.0.0.1:9/webhooks/stripe/default"
        headers = {"Authorization": f"Bearer {KEY}"}
        created = httpx.post(
            f"{stripe.url}/v1/webhook_endpoints", data={"url": url, "enabled_events[]": "*"}, headers=headers
        )
        endpoint = created.json()["id"]
        httpx.post(f"{stripe.url}/v1/webhook_endpoints/{endpoint}", data={"disabled": "true"}, headers=headers)
        done = leaks("doctor", **settings)
    assert done.returncode == 1
    (broken,) = [line for line in done.stdout.splitlines() if line.startswith("BROKEN")]
    assert f"{url} is disabled" in broken


def test_each_tenants_connection_is_checked_for_itself(
    leaks: Leaks, tmp_path: Path, secret_key: str, export: Path
) -> None:
    where = {"LEAKS_HOME": str(tmp_path / "home"), "LEAKS_SECRET_KEY": secret_key}
    keys = {"GOOD": KEY, "REVOKED": "rk_live_" + "bad" * 8}
    for slug, options in (("good", ("--api-key-env", "GOOD")), ("bad", ("--api-key-env", "REVOKED")), ("new", ())):
        assert leaks("tenants", "add", slug, *options, **where, **keys).returncode == 0
    with running(export) as sandbox:
        sandbox.restrict(KEY, ["customer_read", "event_read"])
        sandbox.revoke(keys["REVOKED"])
        done = leaks("doctor", STRIPE_API_BASE=sandbox.url, **where)
    assert done.returncode == 1
    said = {line.split("tenant ")[1].split()[0]: line for line in done.stdout.splitlines() if " tenant " in line[:16]}
    assert said["good"].startswith("ok ")
    assert "by an API key, live mode; may not read" in said["good"]
    assert "`leaks run --tenant good` is the first step" in said["good"]
    assert "invoice" in said["good"]
    assert "customer," not in said["good"]
    assert said["bad"].startswith("BROKEN ")
    assert said["new"].startswith("off ")
    assert "leaks tenants connect new" in said["new"]
    assert "off     STRIPE_API_KEY" in done.stdout, "an installation without the tenant default is sound"
    assert KEY not in done.stdout
