"""A tenant's Slack by the commands: connected without a token on the command line, checked, told when it is down."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from revops.settings import Settings, load_settings
from revops.store import open_store
from revops.store.actions import CHANGED
from revops.store.outbox import Outbox, put
from revops.store.security_log import SecurityLog
from sandbox.slack import Running, running
from tests.cli.conftest import Leaks


@pytest.fixture
def slack() -> Iterator[Running]:
    with running() as one:
        yield one


@pytest.fixture
def where(tmp_path: Path, secret_key: str, slack: Running) -> dict[str, str]:
    """An installation whose Slack is the stand-in; the tokens are in variables of no special name."""
    return {
        "LEAKS_HOME": str(tmp_path / "home"),
        "LEAKS_SECRET_KEY": secret_key,
        "SLACK_API_BASE": slack.api_url,
        "ACME_BOT": slack.workspace.bot_token,
        "ACME_SIGNS": slack.workspace.signing_secret,
        "ACME_APP": slack.workspace.app_token,
    }


def settings_of(where: dict[str, str]) -> Settings:
    return load_settings(
        _env_file=None, leaks_home=Path(where["LEAKS_HOME"]), leaks_secret_key=where["LEAKS_SECRET_KEY"]
    )


def connect(leaks: Leaks, where: dict[str, str]) -> subprocess.CompletedProcess[str]:
    leaks("tenants", "add", "acme", **where)
    names = ("--bot-token-env", "ACME_BOT", "--signing-secret-env", "ACME_SIGNS", "--app-token-env", "ACME_APP")
    return leaks("tenants", "connect-slack", "acme", *names, **where)


def test_a_workspace_is_connected_listed_checked_and_disconnected(leaks: Leaks, where: dict[str, str]) -> None:
    done = connect(leaks, where)
    assert (done.returncode, done.stderr) == (0, "")
    assert "workspace T0SANDBOX1 connected; buttons by HTTP and Socket Mode" in done.stdout
    (acme,) = [
        row
        for row in json.loads(leaks("tenants", "list", "--format", "json", **where).stdout)
        if row["tenant_id"] == "acme"
    ]
    assert [(one["system"], one["account_id"], one["status"]) for one in acme["integrations"]] == [
        ("slack", "T0SANDBOX1", "active")
    ]
    checked = leaks("doctor", **where).stdout
    assert "slack of acme" in checked
    assert "/slack/acme of `leaks serve` and `leaks slack`" in checked
    assert where["ACME_BOT"] not in checked
    assert "disconnected from Slack" in leaks("tenants", "disconnect-slack", "acme", **where).stdout
    assert "was not connected to Slack" in leaks("tenants", "disconnect-slack", "acme", **where).stdout
    with open_store(settings_of(where)) as store:
        events = [line.event for line in SecurityLog(store).search("acme")]
    assert events == ["integration_disconnected", "key_used", "integration_connected", "tenant_added"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ACME_BOT": "xoxp-of-a-person"}, "begins with xoxb-"),
        ({"ACME_BOT": "xoxb-of-nobody"}, "invalid_auth"),
        ({"ACME_BOT": ""}, "no bot token in ACME_BOT"),
        ({"LEAKS_SECRET_KEY": ""}, "LEAKS_SECRET_KEY is not set"),
        ({"SLACK_API_BASE": "http://127.0.0.1:9/"}, "does not answer"),
    ],
)
def test_what_cannot_be_connected_says_why_and_stores_nothing(
    leaks: Leaks, where: dict[str, str], change: dict[str, str], said: str
) -> None:
    done = connect(leaks, {**where, **change})
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "xoxb-of-nobody" not in done.stderr
    assert '"slack"' not in leaks("tenants", "list", "--format", "json", **where).stdout


def test_doctor_names_messages_that_wait_and_a_token_that_was_revoked(
    leaks: Leaks, where: dict[str, str], slack: Running
) -> None:
    connect(leaks, where)
    slack.workspace.revoked.add(slack.workspace.bot_token)
    at = datetime.now(UTC) - timedelta(hours=1)
    with open_store(settings_of(where)) as store:
        with store.tenant("acme") as connection:
            put(connection, "acme", kind=CHANGED, key="k", payload={"action_id": "act_1"}, at=at)
        outbox = Outbox(store)
        (message,) = outbox.claim(at, kinds=[CHANGED])
        outbox.failed(message, "Slack asks for a pause.", at)
    done = leaks("doctor", **where)
    broken = [line for line in done.stdout.splitlines() if line.startswith("BROKEN") and "slack of acme" in line]
    assert len(broken) == 2
    assert "token_revoked" in broken[0]
    assert "1 messages wait since" in broken[1]
    assert "Slack asks for a pause." in broken[1]


def test_without_a_token_for_it_socket_mode_says_what_to_set(leaks: Leaks, tmp_path: Path) -> None:
    done = leaks("slack", LEAKS_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert "SLACK_APP_TOKEN" in done.stderr


def test_the_sandbox_says_how_to_reach_it_and_ends_on_a_signal(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.sandbox", "slack", "--channel", "money", "--record", str(record)],
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stderr is not None
            url = process.stderr.readline().split()[-1]
            lines = [process.stderr.readline() for _ in range(5)]
            state = httpx.get(f"{url}/_sandbox/state").json()
        finally:
            process.terminate()
        assert process.wait(20) == 0
    assert lines[1] == f"  SLACK_API_BASE={url}/api/\n"
    assert [line.split("=")[0].strip() for line in lines[2:]] == [
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_APP_TOKEN",
    ]
    assert [one["name"] for one in state["channels"]] == ["money"]
