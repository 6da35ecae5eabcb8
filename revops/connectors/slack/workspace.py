"""One Slack workspace as we speak to it: posting, changing, finding again, asking.

No call is repeated here. slack_sdk's own handler would send a message again after a connection that ended without an
answer, and Slack keeps no idempotency keys: the message could be there twice. Whoever posts learns that it may be
there, and looks for it by what was written beside it (message metadata) before posting again.

Source: https://docs.slack.dev/messaging/message-metadata and https://docs.slack.dev/apis/web-api/rate-limits.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from revops.connectors.slack.errors import TRANSPORT, typed
from revops.domain.message import Message, Place, Posted
from revops.messages.block_kit import slack_message

API_BASE = "https://slack.com/api/"
_EVENT = "leaks_message"
_TIMEOUT_SECONDS = 10
# A press has to be answered within three seconds, and a trigger lives as long.
_QUICK_SECONDS = 2
_PAGE, _MOST_PAGES = 100, 5
# slack_sdk logs what it raises, with bodies; what is raised is ours to log.
_QUIET = logging.getLogger(f"{__name__}.sdk")
_QUIET.setLevel(logging.CRITICAL + 1)


class SlackWorkspace:
    """A workspace in which our app is installed. Every method raises the errors of `connectors.slack.errors`."""

    def __init__(self, bot_token: SecretStr, api_base: str = API_BASE) -> None:
        self._token = bot_token
        self._base = api_base if api_base.endswith("/") else f"{api_base}/"
        self._client = self._make(_TIMEOUT_SECONDS)
        self._quick = self._make(_QUICK_SECONDS)

    def post(self, place: Place, message: Message, key: str) -> Posted:
        """Post a message; `key` is written beside it, so that `find` finds it."""
        metadata = {"event_type": _EVENT, "event_payload": {"key": key}}
        given: dict[str, Any] = {**slack_message(message), "metadata": metadata, "unfurl_links": False}
        if place.thread_ts is not None:
            # Also in the channel: who does not follow the thread must see that there is something new to decide.
            given |= {"thread_ts": place.thread_ts, "reply_broadcast": True}
        answer = self._call("chat.postMessage", self._client, channel=place.channel, **given)
        return Posted(str(answer["channel"]), str(answer["ts"]))

    def update(self, posted: Posted, message: Message) -> None:
        """Let a message say something else."""
        given = slack_message(message)
        self._call("chat.update", self._client, channel=posted.channel, ts=posted.ts, **given)

    def find(self, place: Place, key: str, since: datetime) -> Posted | None:
        """The message beside which `key` is written, if it was posted in this place after a time."""
        channel = self._channel_id(place.channel)
        given: dict[str, Any] = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "limit": _PAGE}
        method = "conversations.history"
        if place.thread_ts is not None:
            method, given["ts"] = "conversations.replies", place.thread_ts
        cursor = ""
        for _ in range(_MOST_PAGES):
            params = {**given, "include_all_metadata": "true", **({"cursor": cursor} if cursor else {})}
            answer = self._get(method, place.channel, params)
            for one in answer.get("messages", []):
                metadata = one.get("metadata") or {}
                if metadata.get("event_type") == _EVENT and metadata.get("event_payload", {}).get("key") == key:
                    return Posted(channel, str(one["ts"]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    def team_id(self) -> str:
        """The workspace's id."""
        return str(self._call("auth.test", self._client)["team_id"])

    def open_modal(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Show a modal to whoever has just pressed."""
        self._call("views.open", self._quick, trigger_id=trigger_id, view=dict(view))

    def tell(self, channel: str, user_id: str, text: str, thread_ts: str | None = None) -> None:
        """Say something in a channel that one person alone sees."""
        given = {"thread_ts": thread_ts} if thread_ts else {}
        self._call("chat.postEphemeral", self._quick, channel=channel, user=user_id, text=text, **given)

    def answer(self, response_url: str, text: str) -> None:
        """Say something to whoever pressed, by the address that came with the press; nobody else sees it."""
        body = json.dumps({"response_type": "ephemeral", "replace_original": False, "text": text}).encode()
        try:
            request = Request(response_url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - of a signed request
            opener = build_opener(ProxyHandler({})) if response_url.startswith("http://127.0.0.1") else build_opener()
            opener.open(request, timeout=_QUICK_SECONDS).close()
        except HTTPError as error:
            error.close()
            raise typed(error, "response_url") from error
        except TRANSPORT as error:
            raise typed(error, "response_url") from error

    def _channel_id(self, channel: str) -> str:
        """History wants the id; a name is looked up."""
        if not channel.startswith("#"):
            return channel
        cursor = ""
        for _ in range(_MOST_PAGES):
            params = {"limit": 1_000, "exclude_archived": "true", **({"cursor": cursor} if cursor else {})}
            answer = self._get("conversations.list", channel, params)
            for one in answer.get("channels", []):
                if one.get("name") == channel.removeprefix("#"):
                    return str(one["id"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return channel

    def _get(self, method: str, channel: str | None, params: Mapping[str, Any]) -> dict[str, Any]:
        return self._checked(
            method, channel, lambda: self._client.api_call(method, http_verb="GET", params=dict(params))
        )

    def _call(self, method: str, client: WebClient, **given: Any) -> dict[str, Any]:
        return self._checked(method, given.get("channel"), lambda: client.api_call(method, json=given))

    def _checked(self, method: str, channel: str | None, call: Any) -> dict[str, Any]:
        try:
            data = call().data
        except (SlackApiError, *TRANSPORT) as error:
            raise typed(error, method, channel) from error
        return data if isinstance(data, dict) else {}

    def _make(self, seconds: int) -> WebClient:
        return WebClient(
            self._token.get_secret_value(), base_url=self._base, timeout=seconds, retry_handlers=[], logger=_QUIET
        )
