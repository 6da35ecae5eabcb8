"""Every way in which Slack can fail, as the official client meets it."""

from __future__ import annotations

from http.client import RemoteDisconnected
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import Running


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "429", "500"])
def test_a_status_is_answered_once_and_nothing_is_posted(client: WebClient, slack: Running, status: Any) -> None:
    slack.fail_next("chat.postMessage", status, retry_after=7)
    with pytest.raises(SlackApiError) as failed:
        client.chat_postMessage(channel="#revenue", text="x")
    assert failed.value.response.status_code == int(status)
    assert failed.value.response.headers.get("retry-after") == ("7" if status == "429" else None)
    assert slack.record.entries == ()
    client.chat_postMessage(channel="#revenue", text="x")


def test_a_refusal_carries_the_code_one_asked_for(client: WebClient, slack: Running) -> None:
    slack.fail_next("*", "refused", code="account_inactive")
    with pytest.raises(SlackApiError, match="account_inactive"):
        client.auth_test()


@pytest.mark.parametrize("is_posted", [False, True])
@pytest.mark.parametrize("kind", ["nothing", "garbage", "half"])
def test_an_answer_can_be_lost_before_or_after_the_message_is_posted(
    client: WebClient, slack: Running, kind: Any, is_posted: bool
) -> None:
    slack.fail_next("chat.*", kind, after_execution=is_posted)
    with pytest.raises((RemoteDisconnected, ConnectionError, SlackApiError)):
        client.chat_postMessage(channel="#revenue", text="x")
    assert len(slack.record.entries) == int(is_posted)


def test_a_held_call_waits_until_it_is_released(client: WebClient, slack: Running) -> None:
    gate = slack.fail_next("auth.test", "held")
    assert gate is not None
    gate.release()
    assert client.auth_test()["ok"]
    assert gate.reached.is_set()


def test_a_fault_that_does_not_exist_is_refused(slack: Running) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        slack.fail_next("*", "418")  # type: ignore[arg-type]
