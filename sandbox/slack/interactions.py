"""What people do reaches the app as Slack sends it: signed and form-encoded by HTTP, or through a socket.

A press or a modal is sent once, and the person learns within three seconds whether the app took it. Events of the
workspace are sent again, up to three times, until the app answers 2xx.

Source: https://docs.slack.dev/interactivity/handling-user-interaction,
https://docs.slack.dev/authentication/verifying-requests-from-slack and https://docs.slack.dev/apis/events-api.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from .api import shown_view
from .blocks import check_message, check_view, elements
from .errors import SlackError
from .record import Entry
from .sockets import NoAppConnectedError, Sockets
from .workspace import Message, Modal, Workspace, shown

ACK_SECONDS = 3.0
# Slack: at once, after a minute, after five. Whoever watches a sandbox has less time.
EVENT_RETRY_SECONDS = (0.0, 1.0, 5.0)
_TIMED_OUT = "The operation timed out. Apps have to answer within 3 seconds."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the person sees of a press: trouble, or faults of single fields of a modal by their block_id."""

    trouble: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Interactions:
    """Sends what people do. `request_url` is the app's interactivity address, None where it has none.

    `own_url` is the stand-in's own address, for response_url.
    """

    workspace: Workspace
    sockets: Sockets
    request_url: str | None = None
    own_url: str = ""
    ack_seconds: float = ACK_SECONDS
    event_retry_seconds: Sequence[float] = EVENT_RETRY_SECONDS
    # Payloads of presses and modals, so that a test can send one again.
    sent: list[dict[str, Any]] = field(default_factory=list)

    async def press(self, user_id: str, channel: str, ts: str, action_id: str, given: Mapping[str, Any]) -> Outcome:
        """Somebody uses an element of a message. `given` names the block_id and what was chosen, if anything."""
        workspace = self.workspace
        user = workspace.user(user_id)
        message = workspace.messages.get((channel, ts))
        if message is None or message.seen_by not in (None, user_id):
            raise SlackError("message_not_found")
        block_id, element = _find(message.blocks, action_id, given.get("block_id"))
        workspace.record.append(Entry("pressed", channel, ts, message.thread_ts, user_id, action_id))
        payload = {
            **self._common("block_actions", user_id),
            "container": {
                "type": "message",
                "message_ts": ts,
                "channel_id": channel,
                "is_ephemeral": message.seen_by is not None,
                **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            },
            "channel": {"id": channel, "name": workspace.channel(channel).name},
            "message": shown(message, workspace),
            "state": {"values": {}},
            "response_url": f"{self.own_url}{workspace.new_response_url(message, user.id)}",
            "actions": [_action(block_id, element, given)],
        }
        _, trouble = await self._deliver(payload)
        return Outcome(trouble)

    async def submit(self, user_id: str, view_id: str, values: Mapping[str, Mapping[str, Any]]) -> Outcome:
        """Somebody sends a modal; `values` is what was filled in, by block_id and action_id."""
        modal = self.workspace.modals.get(view_id)
        if modal is None or modal.user != user_id:
            raise SlackError("view_not_found")
        missing = _missing(modal.view["blocks"], values)
        if missing:
            return Outcome(errors=missing)
        self.workspace.record.append(Entry("submitted", user=user_id, text=str(modal.view.get("callback_id"))))
        payload = {
            **self._common("view_submission", user_id),
            "view": shown_view(modal, self.workspace, values),
            "response_urls": [],
        }
        answer, trouble = await self._deliver(payload)
        return Outcome(trouble) if trouble is not None else self._answered(modal, answer)

    async def close(self, user_id: str, view_id: str) -> None:
        """Somebody closes a modal; the app hears of it only where it asked for that."""
        modal = self.workspace.modals.get(view_id)
        if modal is None or modal.user != user_id:
            return
        self.workspace.close_modal(modal)
        if modal.view.get("notify_on_close"):
            common = self._common("view_closed", user_id)
            await self._deliver({**common, "view": shown_view(modal, self.workspace), "is_cleared": False})

    async def send_event(self, event: Mapping[str, Any]) -> int:
        """Send an event of the workspace until the app takes it; how many attempts that took, 0 for never."""
        payload = {
            "token": "verification",
            "team_id": self.workspace.team_id,
            "api_app_id": self.workspace.app_id,
            "event": dict(event),
            "type": "event_callback",
            "event_id": self.workspace.new_id("Ev"),
            "event_time": int(time.time()),
        }
        headers: dict[str, str] = {}
        for attempt, wait in enumerate((None, *self.event_retry_seconds)):
            if wait is not None:
                await asyncio.sleep(wait)
            body = json.dumps(payload).encode()
            _, trouble = await self._post(body, {"Content-Type": "application/json", **headers})
            if trouble is None:
                return attempt + 1
            reason = "http_timeout" if trouble == _TIMED_OUT else "http_error"
            headers = {"X-Slack-Retry-Num": str(attempt + 1), "X-Slack-Retry-Reason": reason}
        return 0

    async def send_again(self, payload: Mapping[str, Any], **headers: str) -> str | None:
        """Send a payload as it was once more, e.g. with `X-Slack-Retry-Num`; the trouble, if any."""
        return (await self._post(_form(payload), {"Content-Type": _FORM, **headers}))[1]

    async def _deliver(self, payload: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """What the app answered, and what the person is told where it did not."""
        self.sent.append(payload)
        try:
            async with asyncio.timeout(self.ack_seconds):
                return await self.sockets.send("interactive", payload), None
        except NoAppConnectedError:
            return await self._post(_form(payload), {"Content-Type": _FORM})
        except TimeoutError:
            return {}, _TIMED_OUT

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[dict[str, Any], str | None]:
        if self.request_url is None:
            return {}, "This app has no request URL, and no socket of it is open."
        signed = {**headers, **signature(self.workspace.signing_secret, body), "User-Agent": "Slackbot 1.0"}
        try:
            # Proxies of the environment must not see made-up presses.
            async with asyncio.timeout(self.ack_seconds), httpx.AsyncClient(trust_env=False, timeout=None) as client:  # noqa: S113 - the limit is the one around it
                answer = await client.post(self.request_url, content=body, headers=signed)
        except TimeoutError:
            return {}, _TIMED_OUT
        except httpx.HTTPError as error:
            return {}, f"The app cannot be reached ({type(error).__name__})."
        if not answer.is_success:
            return {}, f"The app responded with status code {answer.status_code}."
        try:
            parsed = json.loads(answer.content or b"{}")
        except ValueError:
            parsed = {}
        return parsed if isinstance(parsed, dict) else {}, None

    def _answered(self, modal: Modal, answer: Mapping[str, Any]) -> Outcome:
        action = answer.get("response_action")
        if action == "errors":
            return Outcome(errors={str(block): str(text) for block, text in answer.get("errors", {}).items()})
        if action == "update":
            try:
                modal.view, modal.hash = check_view(answer.get("view")), self.workspace.new_id("h")
            except SlackError as error:
                return Outcome(f"We had some trouble connecting ({error.code}).")
            self.workspace.open_modal(modal)
            return Outcome()
        self.workspace.close_modal(modal)
        return Outcome()

    def _common(self, kind: str, user_id: str) -> dict[str, Any]:
        workspace, user = self.workspace, self.workspace.user(user_id)
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.team_id},
            "api_app_id": workspace.app_id,
            "token": "verification",
            "trigger_id": workspace.new_trigger(user.id),
            "team": {"id": workspace.team_id, "domain": "sandbox"},
            "enterprise": None,
            "is_enterprise_install": False,
        }


_FORM = "application/x-www-form-urlencoded"


def signature(secret: str, body: bytes, at: int | None = None) -> dict[str, str]:
    """The headers by which an app knows that a request comes from Slack; `at` is the Unix time they state."""
    timestamp = str(int(time.time()) if at is None else at)
    value = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": str(value)}


def answer(workspace: Workspace, key: str, given: Mapping[str, Any]) -> None:
    """What the app sends to a response_url: another message for the person, or other words for the one pressed."""
    message, user_id = workspace.use_response_url(key)
    if given.get("delete_original") is True:
        if message.seen_by is not None:
            workspace.remove(message)
        return
    blocks, text = check_message(given), str(given.get("text") or "")
    if given.get("replace_original") is True:
        workspace.update(message, text, blocks)
        return
    seen_by = None if given.get("response_type") == "in_channel" else user_id
    thread_ts = given.get("thread_ts") or message.thread_ts
    workspace.post(Message(message.channel, workspace.new_ts(), text, blocks, thread_ts, seen_by=seen_by))


def _form(payload: Mapping[str, Any]) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def _find(blocks: Sequence[Mapping[str, Any]], action_id: str, block_id: Any) -> tuple[str, dict[str, Any]]:
    for found_in, element in elements(blocks):
        if element["action_id"] == action_id and block_id in (None, found_in):
            return found_in, element
    raise SlackError("action_not_found")


def _action(block_id: str, element: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    names = ("type", "action_id", "text", "value", "style", "placeholder")
    action = {name: element[name] for name in names if name in element}
    chosen = {name: value for name, value in given.items() if name.startswith("selected_")}
    return {**action, **chosen, "block_id": block_id, "action_ts": f"{time.time():.6f}"}


def _missing(blocks: Sequence[Mapping[str, Any]], values: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Slack itself asks for what is not optional, and counts characters."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block.get("type") != "input":
            continue
        element = block["element"]
        filled = values.get(block["block_id"], {}).get(element["action_id"], {})
        content = next((value for name, value in filled.items() if name != "type" and value not in (None, "")), None)
        if content is None and not block.get("optional"):
            errors[block["block_id"]] = "Please complete this required field."
        elif isinstance(content, str) and len(content) > element.get("max_length", 3000):
            errors[block["block_id"]] = f"Please use at most {element.get('max_length', 3000)} characters."
    return errors
