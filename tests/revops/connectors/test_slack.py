"""Slack's sender against the stand-in, with everything that Slack can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from revops.connectors.slack import SlackWorkspace
from revops.connectors.slack.errors import (
    SlackAuthError,
    SlackChannelError,
    SlackMessageGoneError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackThreadGoneError,
    SlackUnavailableError,
)
from revops.domain.message import Message, Place, Posted
from sandbox.slack import Running, running

MESSAGE = Message("Northwind", "Northwind owes USD 1,240.00", why=("because",))
REVENUE = Place("#revenue")
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def slack() -> Iterator[Running]:
    with running() as one:
        yield one


@pytest.fixture
def sender(slack: Running) -> SlackWorkspace:
    return SlackWorkspace(SecretStr(slack.workspace.bot_token), slack.api_url)


def test_a_message_is_posted_changed_and_found_by_its_key(slack: Running, sender: SlackWorkspace) -> None:
    posted = sender.post(REVENUE, MESSAGE, "act_1")
    reply = sender.post(Place("#revenue", posted.ts), MESSAGE, "act_2")
    sender.update(posted, Message("Northwind", "paid"))
    assert [(one.kind, one.text, one.thread_ts) for one in slack.record.entries] == [
        ("posted", "Northwind owes USD 1,240.00", None),
        ("posted", "Northwind owes USD 1,240.00", posted.ts),
        ("updated", "paid", None),
    ]
    assert sender.find(REVENUE, "act_1", LONG_AGO) == posted
    assert sender.find(Place(posted.channel, posted.ts), "act_2", LONG_AGO) == reply
    assert sender.find(REVENUE, "act_3", LONG_AGO) is None
    assert sender.find(REVENUE, "act_1", datetime.now(UTC) + timedelta(hours=1)) is None


def test_it_is_found_behind_a_hundred_others(slack: Running, sender: SlackWorkspace) -> None:
    first = sender.post(REVENUE, MESSAGE, "act_0")
    for number in range(1, 103):
        sender.post(REVENUE, MESSAGE, f"act_{number}")
    assert sender.find(REVENUE, "act_0", LONG_AGO) == first


def test_it_says_which_workspace_it_is(slack: Running, sender: SlackWorkspace) -> None:
    assert sender.team_id() == slack.workspace.team_id


@pytest.mark.parametrize(
    ("kind", "how", "error"),
    [
        ("400", {}, SlackUnavailableError),
        ("401", {"code": "invalid_auth"}, SlackAuthError),
        ("403", {"code": "access_denied"}, SlackAuthError),
        ("404", {"code": "team_not_found"}, SlackRefusedError),
        ("429", {"retry_after": 17}, SlackRateLimitedError),
        ("500", {}, SlackUnavailableError),
        ("refused", {"code": "account_inactive"}, SlackAuthError),
        ("refused", {"code": "not_in_channel"}, SlackChannelError),
        ("refused", {"code": "invalid_blocks"}, SlackRefusedError),
        ("garbage", {}, SlackUnavailableError),
        ("half", {}, SlackUnavailableError),
        ("nothing", {}, SlackUnavailableError),
    ],
)
def test_each_trouble_has_its_error_and_no_call_is_repeated(
    slack: Running, sender: SlackWorkspace, kind: Any, how: dict[str, Any], error: type[Exception]
) -> None:
    slack.fail_next("chat.postMessage", kind, **how)
    with pytest.raises(error) as failed:
        sender.post(REVENUE, MESSAGE, "act_1")
    assert slack.workspace.bot_token not in str(failed.value)
    assert slack.record.entries == ()
    if isinstance(failed.value, SlackRateLimitedError):
        assert failed.value.retry_after_seconds == 17


def test_only_where_the_answer_was_lost_the_message_may_be_there(slack: Running, sender: SlackWorkspace) -> None:
    slack.fail_next("chat.postMessage", "nothing", after_execution=True)
    with pytest.raises(SlackUnavailableError) as failed:
        sender.post(REVENUE, MESSAGE, "act_1")
    assert failed.value.may_be_there
    found = sender.find(REVENUE, "act_1", LONG_AGO)
    assert found is not None
    assert found.ts == slack.record.entries[0].ts


def test_a_slack_that_is_not_there_is_no_other_error(sender: SlackWorkspace) -> None:
    nobody = SlackWorkspace(SecretStr("xoxb-none"), "http://127.0.0.1:9/api")
    with pytest.raises(SlackUnavailableError, match="tried again"):
        nobody.post(REVENUE, MESSAGE, "act_1")
    with pytest.raises(SlackUnavailableError):
        nobody.answer("http://127.0.0.1:9/actions/x", "hello")


@pytest.mark.parametrize(
    ("call", "error", "advice"),
    [
        (lambda one: one.post(Place("#nowhere"), MESSAGE, "k"), SlackChannelError, "/invite"),
        (lambda one: one.post(Place("#revenue", "1.000009"), MESSAGE, "k"), SlackThreadGoneError, "#revenue"),
        (lambda one: one.update(Posted("C000000001", "1.000009"), MESSAGE), SlackMessageGoneError, "C000000001"),
        (lambda one: one.open_modal("made.up", {"type": "modal"}), SlackRefusedError, "views.open"),
    ],
)
def test_what_slack_refuses_says_what_to_do(
    sender: SlackWorkspace, call: Callable[[SlackWorkspace], object], error: type[Exception], advice: str
) -> None:
    with pytest.raises(error, match=advice):
        call(sender)


def test_a_missing_scope_is_named(slack: Running, sender: SlackWorkspace) -> None:
    slack.workspace.scopes = frozenset()
    with pytest.raises(SlackAuthError, match="chat:write"):
        sender.post(REVENUE, MESSAGE, "act_1")


def test_one_person_is_told_alone(slack: Running, sender: SlackWorkspace) -> None:
    channel = next(iter(slack.workspace.channels))
    sender.tell(channel, "U0ADA00001", "You may not.")
    assert [(one.kind, one.user, one.text) for one in slack.record.entries] == [
        ("ephemeral", "U0ADA00001", "You may not.")
    ]
