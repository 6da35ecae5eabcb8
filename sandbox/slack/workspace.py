"""A Slack workspace: its people, channels, messages, and the one app that is installed in it."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import SlackError
from .record import Entry, Kind, Record

TEAM_ID = "T0SANDBOX1"
_TRIGGER_SECONDS = 3.0
_RESPONSE_URL_SECONDS = 30 * 60.0
_RESPONSE_URL_USES = 5
SCOPES = frozenset({"chat:write", "channels:history", "channels:read", "users:read"})


@dataclass(frozen=True, slots=True)
class User:
    """Somebody in the workspace."""

    id: str
    name: str
    real_name: str
    title: str
    tz: str = "Europe/Berlin"


PEOPLE = (
    User("U0ADA00001", "ada", "Ada Lindqvist", "Head of finance"),
    User("U0BEN00002", "ben", "Ben Okafor", "Revenue operations"),
    User("U0CLEO0003", "cleo", "Cleo Marsh", "Customer success"),
    User("U0DREW0004", "drew", "Drew Tanaka", "Joined yesterday"),
)


@dataclass(slots=True)
class Channel:
    """A public channel. The app is a member unless it was removed."""

    id: str
    name: str
    has_app: bool = True
    is_archived: bool = False


@dataclass(slots=True)
class Message:
    """A message of the app; `seen_by` is the one person who sees it, where it is ephemeral."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    metadata: dict[str, Any] | None = None
    edited: bool = False
    seen_by: str | None = None


@dataclass(slots=True)
class Modal:
    """A modal that is open for one person."""

    id: str
    user: str
    view: dict[str, Any]
    hash: str


@dataclass(slots=True)
class _ResponseUrl:
    channel: str
    user: str
    ts: str
    is_ephemeral: bool
    until: float
    left: int = _RESPONSE_URL_USES


@dataclass(slots=True)
class Workspace:
    """Everything there is. Made and changed on the server's event loop; reading is safe from anywhere.

    Tokens and signing secret are made up unless they are given.
    """

    record: Record
    bot_token: str
    app_token: str
    signing_secret: str
    team_id: str = TEAM_ID
    scopes: frozenset[str] = SCOPES
    bot_user_id: str = "U0LEAKS001"
    bot_id: str = "B0LEAKS001"
    app_id: str = "A0LEAKS001"
    version: int = 0
    channels: dict[str, Channel] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=lambda: {user.id: user for user in PEOPLE})
    messages: dict[tuple[str, str], Message] = field(default_factory=dict)
    modals: dict[str, Modal] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    _triggers: dict[str, tuple[str, float]] = field(default_factory=dict)
    _response_urls: dict[str, _ResponseUrl] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add_channel(self, name: str) -> Channel:
        """A public channel that the app has joined."""
        channel = Channel(f"C0{len(self.channels) + 1:08d}", name)
        self.channels[channel.id] = channel
        return channel

    def channel(self, text: Any, *, by_name: bool = False) -> Channel:
        """The channel of an id, or where Slack allows it of a name. Raises SlackError."""
        found = self.channels.get(str(text))
        if found is None and by_name:
            found = next((one for one in self.channels.values() if one.name == str(text).removeprefix("#")), None)
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def writable(self, text: Any, *, by_name: bool = False) -> Channel:
        """A channel that the app may write to. Raises SlackError."""
        channel = self.channel(text, by_name=by_name)
        if channel.is_archived:
            raise SlackError("is_archived")
        if not channel.has_app:
            raise SlackError("not_in_channel")
        return channel

    def user(self, user_id: Any) -> User:
        """A person. Raises SlackError."""
        found = self.users.get(str(user_id))
        if found is None:
            raise SlackError("user_not_found")
        return found

    def message(self, channel_id: str, ts: Any) -> Message:
        """A message that all see. Raises SlackError."""
        found = self.messages.get((channel_id, str(ts)))
        if found is None or found.seen_by is not None:
            raise SlackError("message_not_found")
        return found

    def post(self, message: Message) -> Message:
        """Put a message in place and on the record."""
        self.messages[message.channel, message.ts] = message
        self._note("ephemeral" if message.seen_by else "posted", message)
        return message

    def update(self, message: Message, text: str, blocks: list[dict[str, Any]]) -> None:
        """Give a message other words."""
        message.text, message.blocks, message.edited = text, blocks, True
        self._note("updated", message)

    def remove(self, message: Message) -> None:
        """Take a message away: only what one person saw is taken away here."""
        del self.messages[message.channel, message.ts]
        self.version += 1

    def open_modal(self, modal: Modal) -> None:
        """Show a modal; a person has one at a time."""
        is_new = modal.id not in self.modals
        for other in [one for one in self.modals.values() if one.user == modal.user]:
            del self.modals[other.id]
        self.modals[modal.id] = modal
        self.version += 1
        title = modal.view["title"]["text"]
        kind: Kind = "modal_opened" if is_new else "modal_updated"
        self.record.append(Entry(kind, user=modal.user, text=title, blocks=modal.view["blocks"]))

    def close_modal(self, modal: Modal) -> None:
        """Show it no longer."""
        if self.modals.pop(modal.id, None) is not None:
            self.version += 1

    def new_ts(self) -> str:
        """A time that no other message of the workspace has, in Slack's form."""
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def new_id(self, prefix: str) -> str:
        """A fresh id."""
        return f"{prefix}{secrets.token_hex(5).upper()}"

    def new_trigger(self, user_id: str) -> str:
        """What lets the app open a modal for a person; it works once, for three seconds."""
        trigger = f"{next(self._numbers)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = (user_id, time.monotonic() + _TRIGGER_SECONDS)
        return trigger

    def use_trigger(self, trigger: Any) -> str:
        """The person of a trigger. Raises SlackError for one that is unknown, used or too old."""
        known = self._triggers.get(str(trigger))
        if known is None:
            raise SlackError("invalid_trigger_id")
        user_id, until = known
        if not user_id:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() > until:
            raise SlackError("expired_trigger_id")
        self._triggers[str(trigger)] = ("", until)
        return user_id

    def new_response_url(self, message: Message, user_id: str) -> str:
        """The path by which the app answers to a press, five times within half an hour."""
        key = secrets.token_hex(16)
        self._response_urls[key] = _ResponseUrl(
            message.channel, user_id, message.ts, message.seen_by is not None, time.monotonic() + _RESPONSE_URL_SECONDS
        )
        return f"/actions/{self.team_id}/{key}"

    def use_response_url(self, key: str) -> tuple[Message, str]:
        """The message and the person of an answer. Raises SlackError."""
        known = self._response_urls.get(key)
        if known is None or known.left <= 0 or time.monotonic() > known.until:
            raise SlackError("used_url" if known is not None and known.left <= 0 else "expired_url", status=404)
        known.left -= 1
        message = self.messages.get((known.channel, known.ts))
        if message is None:
            raise SlackError("message_not_found", status=404)
        return message, known.user

    def _note(self, kind: Kind, message: Message) -> None:
        self.version += 1
        self.record.append(
            Entry(
                kind,
                message.channel,
                message.ts,
                message.thread_ts,
                message.seen_by,
                message.text,
                message.blocks,
                message.metadata,
            )
        )


def shown(message: Message, workspace: Workspace) -> dict[str, Any]:
    """A message as Slack's answers and payloads carry it."""
    body: dict[str, Any] = {
        "type": "message",
        "user": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "app_id": workspace.app_id,
        "team": workspace.team_id,
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
    }
    if message.thread_ts is not None:
        body |= {"thread_ts": message.thread_ts, "parent_user_id": workspace.bot_user_id}
    if message.edited:
        body["edited"] = {"user": workspace.bot_user_id, "ts": message.ts}
    return body


def in_thread(messages: Sequence[Message], ts: str) -> list[Message]:
    """A thread's root and its replies, oldest first."""
    return [one for one in messages if ts in (one.ts, one.thread_ts)]


def has_metadata(given: Mapping[str, Any]) -> bool:
    """Whether a caller asked for what apps wrote beside their messages."""
    return str(given.get("include_all_metadata", "")).lower() in ("1", "true")
