"""The Web API as slack_sdk's own client sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import Running
from tests.sandbox.slack.conftest import BUTTONS, MODAL, Open, client_of


def _text(length: int) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def _refused(call: Any, **given: Any) -> Any:
    with pytest.raises(SlackApiError) as refused:
        call(**given)
    return refused.value.response


def test_a_message_is_posted_updated_and_found_again_by_what_was_written_beside_it(
    client: WebClient, slack: Running
) -> None:
    metadata = {"event_type": "leak_action", "event_payload": {"action_id": "act_1"}}
    posted = client.chat_postMessage(channel="#revenue", text="Northwind", blocks=BUTTONS, metadata=metadata)
    channel, ts = posted["channel"], posted["ts"]
    client.chat_postMessage(channel=channel, thread_ts=ts, text="in its thread")
    client.chat_update(channel=channel, ts=ts, text="Approved by Ada")

    found = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert [(one["text"], one["metadata"]) for one in found] == [("Approved by Ada", metadata)]
    assert "metadata" not in client.conversations_history(channel=channel)["messages"][0]
    assert [one["text"] for one in client.conversations_replies(channel=channel, ts=ts)["messages"]] == [
        "Approved by Ada",
        "in its thread",
    ]
    assert [entry.kind for entry in slack.record.entries] == ["posted", "posted", "updated"]


def test_history_comes_in_pages_newest_first(client: WebClient) -> None:
    for number in range(5):
        client.chat_postMessage(channel="revenue", text=str(number))
    channel = client.conversations_list()["channels"][0]["id"]
    pages = [
        [one["text"] for one in page["messages"]] for page in client.conversations_history(channel=channel, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"channel": "C0NOWHERE00", "text": "x"}, "channel_not_found"),
        ({"channel": "#revenue"}, "no_text"),
        ({"channel": "#revenue", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "#revenue", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "#revenue", "text": "x", "blocks": [_text(3001)]}, "invalid_blocks"),
        ({"channel": "#revenue", "text": "x", "blocks": [_text(1)] * 51}, "invalid_blocks"),
        ({"channel": "#revenue", "text": "x", "blocks": [{"type": "banner"}]}, "invalid_blocks"),
        ({"channel": "#revenue", "text": "x", "blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks"),
        (
            {
                "channel": "#revenue",
                "text": "x",
                "blocks": [{**_text(1), "block_id": "a"}, {**_text(2), "block_id": "a"}],
            },
            "invalid_blocks",
        ),
        ({"channel": "#revenue", "text": "x", "blocks": "no json"}, "invalid_blocks_format"),
        ({"channel": "#revenue", "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
    ],
)
def test_what_slack_refuses_to_post_is_refused(
    client: WebClient, slack: Running, given: dict[str, Any], code: str
) -> None:
    # Past the client's own warnings: Slack is to answer.
    assert _refused(client.api_call, api_method="chat.postMessage", json=given)["error"] == code
    assert slack.record.entries == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": {"type": "plain_text", "text": "y" * 76}}, "75 characters"),
        ({"value": "v" * 2001}, "2000 characters"),
        ({"type": "lever"}, "unsupported type: lever"),
    ],
)
def test_a_button_past_slacks_limits_is_named(client: WebClient, change: dict[str, Any], words: str) -> None:
    button = {**BUTTONS[1]["elements"][0], **change}
    blocks = [{"type": "actions", "elements": [button]}]
    refused = _refused(client.chat_postMessage, channel="#revenue", text="x", blocks=blocks)
    assert words in str(refused["response_metadata"]["messages"])
    assert "json-pointer:/blocks/0" in str(refused["response_metadata"]["messages"])


def test_tokens_are_asked_for_as_slack_does(slack: Running) -> None:
    workspace = slack.workspace
    assert client_of(slack).auth_test()["team_id"] == workspace.team_id
    assert _refused(client_of(slack, "xoxb-other").auth_test)["error"] == "invalid_auth"
    assert _refused(client_of(slack, workspace.app_token).auth_test)["error"] == "not_allowed_token_type"
    workspace.scopes = workspace.scopes - {"chat:write"}
    refused = _refused(client_of(slack).chat_postMessage, channel="#revenue", text="x")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "chat:write")
    workspace.revoked.add(workspace.bot_token)
    assert _refused(client_of(slack).auth_test)["error"] == "token_revoked"


def test_channels_that_cannot_be_written_to_say_why(client: WebClient, slack: Running) -> None:
    revenue, finance, _ = slack.workspace.channels.values()
    revenue.has_app, finance.is_archived = False, True
    assert _refused(client.chat_postMessage, channel=revenue.id, text="x")["error"] == "not_in_channel"
    assert _refused(client.chat_postMessage, channel=finance.id, text="x")["error"] == "is_archived"
    assert _refused(client.chat_update, channel="C000000003", ts="1.0", text="x")["error"] == "message_not_found"


def test_an_ephemeral_message_is_seen_by_one_and_is_in_no_history(client: WebClient, slack: Running) -> None:
    channel = client.conversations_list()["channels"][0]["id"]
    client.chat_postEphemeral(channel=channel, user="U0ADA00001", text="only you")
    assert _refused(client.chat_postEphemeral, channel=channel, user="U0NOBODY", text="x")["error"] == "user_not_found"
    assert client.conversations_history(channel=channel)["messages"] == []
    assert [(entry.kind, entry.user) for entry in slack.record.entries] == [("ephemeral", "U0ADA00001")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "/view/title"),
        ({"submit": None}, "/view/submit"),
        ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
        ({"callback_id": "x" * 256}, "callback_id"),
    ],
)
def test_a_modal_past_slacks_limits_is_refused(
    client: WebClient, slack: Running, change: dict[str, Any], words: str
) -> None:
    view = {name: value for name, value in {**MODAL, **change}.items() if value is not None}
    refused = _refused(client.views_open, trigger_id=slack.workspace.new_trigger("U0ADA00001"), view=view)
    assert refused["error"] == "invalid_arguments"
    assert words in json.dumps(refused.data)


def test_a_trigger_opens_one_modal(client: WebClient, slack: Running) -> None:
    trigger = slack.workspace.new_trigger("U0ADA00001")
    opened = client.views_open(trigger_id=trigger, view=MODAL)["view"]
    assert _refused(client.views_open, trigger_id=trigger, view=MODAL)["error"] == "exchanged_trigger_id"
    assert _refused(client.views_open, trigger_id="made.up", view=MODAL)["error"] == "invalid_trigger_id"
    assert _refused(client.views_update, view_id=opened["id"], hash="old", view=MODAL)["error"] == "hash_conflict"
    assert client.views_update(view_id=opened["id"], view=MODAL)["view"]["callback_id"] == "deny"


def test_the_record_is_on_disk(open_slack: Open, tmp_path: Path) -> None:
    slack = open_slack(record_path=tmp_path / "record.jsonl")
    client_of(slack).chat_postMessage(channel="#revenue", text="kept")
    assert json.loads((tmp_path / "record.jsonl").read_text())["text"] == "kept"
