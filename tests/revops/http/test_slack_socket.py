"""Socket Mode: the same presses without an open port, by the library and by the command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from revops import bootstrap_slack
from revops.http.slack_presses import Presses
from revops.http.slack_socket import SocketModeError, listen
from revops.service.decide import Deciding
from revops.settings import Settings
from revops.store import Store
from sandbox.slack import Running, running
from tests.revops.http.serving import SECONDS
from tests.revops.http.slack_desk import BEN, DREW, SlackDesk, wait


@pytest.fixture
def slack() -> Iterator[Running]:
    with running() as one:
        yield one


@pytest.fixture
def desk(sqlite_store: Store, sqlite_settings: Settings, slack: Running) -> SlackDesk:
    """A desk whose app has no request URL and no signing secret: only a socket."""
    tokens = {
        "slack_bot_token": slack.workspace.bot_token,
        "slack_app_token": slack.workspace.app_token,
        "slack_api_base": slack.api_url,
    }
    given = sqlite_settings.model_dump(exclude_none=True)
    return SlackDesk(sqlite_store, Settings.model_validate({**given, **tokens}), slack)


@pytest.fixture
def presses(desk: SlackDesk) -> Presses:
    tenant = bootstrap_slack.slack_tenant(desk.store, desk.settings, desk.tenant_id, desk.notifying)
    assert tenant is not None
    return Presses(tenant)


def test_buttons_and_forms_work_through_a_socket_and_after_slack_asked_to_come_again(
    desk: SlackDesk, presses: Presses, no_io_inside_transactions: None
) -> None:
    first, second = desk.posted(customer_id="cus_1"), desk.posted(customer_id="cus_2")
    with listen([presses], desk.settings.slack_api_base):
        wait(lambda: desk.slack.sockets.count)
        assert desk.press(BEN, first, "approve").trouble is None
        assert desk.get(first).status == "approved"
        wait(lambda: "Approved by" in desk.shown(first))
        desk.press(DREW, second, "approve")
        assert "no role here" in wait(lambda: desk.told(DREW))[0]

        desk.slack.ask_to_reconnect()
        wait(lambda: desk.slack.sockets.count)
        assert desk.press(BEN, second, "deny").trouble is None
        assert "why" in desk.fill(BEN, reason="other").errors["note"]
        assert desk.fill(BEN, reason="not_now").errors == {}
        assert desk.get(second).status == "denied"
    assert "no request URL" in str(desk.press(BEN, first, "undo").trouble)


def test_a_press_that_failed_is_not_acknowledged(
    desk: SlackDesk, presses: Presses, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = desk.posted()

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Deciding, "approve", fail)
    desk.slack.interactions.ack_seconds = 0.5
    with listen([presses], desk.settings.slack_api_base):
        wait(lambda: desk.slack.sockets.count)
        assert "timed out" in str(desk.press(BEN, action, "approve").trouble)
    assert desk.get(action) == action


def test_a_token_that_slack_does_not_take_says_what_is_needed(desk: SlackDesk, presses: Presses) -> None:
    desk.slack.workspace.revoked.add(desk.slack.workspace.app_token)
    with pytest.raises(SocketModeError, match="connections:write"), listen([presses], desk.settings.slack_api_base):
        pass


def test_the_command_listens_until_it_is_asked_to_end(desk: SlackDesk) -> None:
    action = desk.posted()
    environment = {
        **os.environ,
        "LEAKS_HOME": str(desk.settings.leaks_home),
        "LEAKS_SECRET_KEY": desk.settings.leaks_secret_key.get_secret_value() if desk.settings.leaks_secret_key else "",
        "SLACK_BOT_TOKEN": desk.slack.workspace.bot_token,
        "SLACK_APP_TOKEN": desk.slack.workspace.app_token,
        "SLACK_API_BASE": desk.slack.api_url,
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.app", "slack"], env=environment, stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            assert next(line for line in process.stdout if "Connected" in line) == "Connected to Slack: default\n"
            desk.press(BEN, action, "approve")
            assert desk.get(action).status == "approved"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
