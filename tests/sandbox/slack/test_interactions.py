"""What people do reaches the app as Slack sends it."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.webhook import WebhookClient

from sandbox.slack import Running
from tests.sandbox.slack.conftest import BUTTONS, MODAL, Listener, Open, client_of

ADA, BEN = "U0ADA00001", "U0BEN00002"
_REASON = {"reason": {"text": {"type": "plain_text_input", "value": "already paid"}}}


def _posted(client: WebClient) -> tuple[str, str]:
    posted = client.chat_postMessage(channel="#revenue", text="Northwind", blocks=BUTTONS)
    return posted["channel"], posted["ts"]


def test_a_press_is_form_encoded_signed_and_says_who_pressed_what(
    slack: Running, client: WebClient, app: Listener
) -> None:
    channel, ts = _posted(client)
    assert slack.press(ADA, channel, ts, "approve").trouble is None
    payload = app.payload()
    assert app.headers[-1]["Content-Type"] == "application/x-www-form-urlencoded"
    assert app.is_signed(slack.workspace.signing_secret)
    assert not app.is_signed("of somebody else")
    assert payload["type"] == "block_actions"
    assert (payload["team"]["id"], payload["user"]["id"], payload["channel"]["id"]) == ("T0SANDBOX1", ADA, channel)
    assert payload["message"]["ts"] == payload["container"]["message_ts"] == ts
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("approve", "decide", "act_1")


def test_a_choice_of_a_menu_is_sent_along(slack: Running, client: WebClient, app: Listener) -> None:
    channel, ts = _posted(client)
    option = BUTTONS[1]["elements"][1]["options"][0]
    slack.press(ADA, channel, ts, "more", selected_option=option)
    assert app.payload()["actions"][0]["selected_option"] == option


def test_an_app_that_is_late_or_fails_is_shown_as_such(open_slack: Open, app: Listener) -> None:
    slack = open_slack(request_url=app.url, ack_seconds=0.2)
    channel, ts = _posted(client_of(slack))
    app.gate = threading.Event()
    assert "timed out" in str(slack.press(ADA, channel, ts, "approve").trouble)
    app.gate.set()
    app.answers = [(500, None)]
    assert "status code 500" in str(slack.press(ADA, channel, ts, "approve").trouble)
    slack.interactions.request_url = "http://127.0.0.1:9/"
    assert "cannot be reached" in str(slack.press(ADA, channel, ts, "approve").trouble)
    slack.interactions.request_url = None
    assert "no request URL" in str(slack.press(ADA, channel, ts, "approve").trouble)


def test_the_address_for_answers_takes_five_within_its_message(
    slack: Running, client: WebClient, app: Listener
) -> None:
    channel, ts = _posted(client)
    slack.press(BEN, channel, ts, "approve")
    respond = WebhookClient(app.payload()["response_url"])
    assert respond.send(text="only you", response_type="ephemeral", replace_original=False).status_code == 200
    assert respond.send(text="Approved", replace_original=True).status_code == 200
    assert [(one.kind, one.user, one.text) for one in slack.record.entries[2:]] == [
        ("ephemeral", BEN, "only you"),
        ("updated", None, "Approved"),
    ]
    statuses = [respond.send(text="again").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 404]


def _open_modal(slack: Running, client: WebClient, app: Listener) -> None:
    channel, ts = _posted(client)
    slack.press(ADA, channel, ts, "approve")
    client.views_open(trigger_id=app.payload()["trigger_id"], view=MODAL)


def test_a_modal_is_sent_with_what_was_filled_in_and_closes(slack: Running, client: WebClient, app: Listener) -> None:
    _open_modal(slack, client, app)
    assert slack.submit(ADA, _REASON).errors == {}
    view = app.payload()["view"]
    assert (view["callback_id"], view["private_metadata"]) == ("deny", "act_1")
    assert view["state"]["values"] == _REASON
    assert slack.workspace.modals == {}


def test_slack_asks_for_what_is_missing_or_too_long_before_the_app_hears_of_it(
    slack: Running, client: WebClient, app: Listener
) -> None:
    _open_modal(slack, client, app)
    assert "required" in slack.submit(ADA, {}).errors["reason"]
    assert "500" in slack.submit(ADA, {"reason": {"text": {"value": "x" * 501}}}).errors["reason"]
    assert len(app.bodies) == 1


def test_a_modal_stays_open_with_the_errors_the_app_answers(slack: Running, client: WebClient, app: Listener) -> None:
    _open_modal(slack, client, app)
    app.answers = [(200, {"response_action": "errors", "errors": {"reason": "Say which invoice."}})]
    assert slack.submit(ADA, _REASON).errors == {"reason": "Say which invoice."}
    assert len(slack.workspace.modals) == 1
    renamed = {**MODAL, "title": {"type": "plain_text", "text": "Done"}}
    app.answers = [(200, {"response_action": "update", "view": renamed})]
    slack.submit(ADA, _REASON)
    assert [one.view["title"]["text"] for one in slack.workspace.modals.values()] == ["Done"]


def test_an_event_comes_again_until_it_is_taken_and_says_so(open_slack: Open, app: Listener) -> None:
    slack = open_slack(request_url=app.url, event_retry_seconds=(0.0, 0.0, 0.0))
    app.answers = [(500, None), (500, None), (200, {})]
    assert slack.send_event({"type": "app_mention", "user": ADA, "text": "hello"}) == 3
    assert [headers.get("X-Slack-Retry-Num") for headers in app.headers] == [None, "1", "2"]
    assert app.headers[-1]["X-Slack-Retry-Reason"] == "http_error"
    assert len(set(app.bodies)) == 1
    app.answers = [(500, None)]
    assert slack.send_event({"type": "app_mention"}) == 0


def test_a_payload_can_be_sent_again(slack: Running, client: WebClient, app: Listener) -> None:
    channel, ts = _posted(client)
    slack.press(ADA, channel, ts, "approve")
    assert slack.send_again(slack.interactions.sent[-1], **{"X-Slack-Retry-Num": "1"}) is None
    assert app.payload(0) == app.payload(1)
    assert app.headers[-1]["X-Slack-Retry-Num"] == "1"


def test_slack_sdks_own_check_takes_a_signature_for_five_minutes_only(slack: Running) -> None:
    from sandbox.slack.interactions import signature

    secret = slack.workspace.signing_secret
    verifier = SignatureVerifier(secret)
    assert verifier.is_valid_request(b"payload=x", signature(secret, b"payload=x"))
    assert not verifier.is_valid_request(b"payload=y", signature(secret, b"payload=x"))
    assert not verifier.is_valid_request(b"payload=x", signature(secret, b"payload=x", at=1))


def test_presses_go_through_a_socket_while_one_is_open_and_by_http_after(
    slack: Running, client: WebClient, app: Listener
) -> None:
    channel, ts = _posted(client)
    taken: list[SocketModeRequest] = []
    answer: dict[str, Any] = {"response_action": "errors", "errors": {"reason": "Say which invoice."}}

    def take(socket: Any, request: SocketModeRequest) -> None:
        taken.append(request)
        if request.payload["type"] == "block_actions":
            client.views_open(trigger_id=request.payload["trigger_id"], view=MODAL)
        reply = answer if request.payload["type"] == "view_submission" else None
        socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, reply))

    greeted = threading.Event()

    def hear(message: str) -> None:
        if '"hello"' in message:
            greeted.set()

    socket = SocketModeClient(slack.workspace.app_token, web_client=client, on_message_listeners=[hear])
    socket.socket_mode_request_listeners.append(take)
    socket.connect()
    assert greeted.wait(5)
    try:
        assert slack.press(ADA, channel, ts, "approve").trouble is None
        assert slack.submit(ADA, _REASON).errors == {"reason": "Say which invoice."}
        assert [(one.type, one.payload["type"]) for one in taken] == [
            ("interactive", "block_actions"),
            ("interactive", "view_submission"),
        ]
        assert app.bodies == []
    finally:
        socket.close()
    slack.press(ADA, channel, ts, "approve")
    assert len(app.bodies) == 1


def test_a_socket_needs_a_ticket_and_a_ticket_an_app_token(slack: Running) -> None:
    answer = httpx.post(
        f"{slack.api_url}apps.connections.open", headers={"Authorization": f"Bearer {slack.workspace.bot_token}"}
    ).json()
    assert answer["error"] == "not_allowed_token_type"


@pytest.mark.parametrize("who", [BEN, "U0NOBODY000"])
def test_nobody_presses_what_only_another_sees(slack: Running, client: WebClient, who: str) -> None:
    channel = next(iter(slack.workspace.channels))
    ts = client.chat_postEphemeral(channel=channel, user=ADA, text="x", blocks=BUTTONS)["message_ts"]
    answer = httpx.post(
        f"{slack.url}/_sandbox/press", json={"user": who, "channel": channel, "ts": ts, "action_id": "approve"}
    )
    assert answer.status_code == 400
