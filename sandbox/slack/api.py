"""The Web API's methods, as far as an app that posts, updates and asks needs them.

Source: https://docs.slack.dev/reference/methods.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .blocks import check_message, check_view
from .errors import SlackError
from .workspace import Channel, Message, Modal, Workspace, has_metadata, in_thread, shown

_MOST = 999


@dataclass(frozen=True, slots=True)
class Method:
    """One method: the scope that it needs, None for none, and what it does with the arguments."""

    scope: str | None
    act: Callable[[Workspace, Mapping[str, Any]], dict[str, Any]]


def auth_test(workspace: Workspace, _given: Mapping[str, Any]) -> dict[str, Any]:
    """Who the token is."""
    return {
        "url": "https://sandbox.slack.com/",
        "team": "Sandbox",
        "user": "leaks",
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def post_message(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """A message that all see, in a thread or not."""
    channel = workspace.writable(given.get("channel"), by_name=True)
    blocks, metadata = check_message(given), _metadata(given)
    thread_ts = given.get("thread_ts")
    if thread_ts is not None and (channel.id, str(thread_ts)) not in workspace.messages:
        raise SlackError("thread_not_found")
    text = str(given.get("text") or "")
    message = Message(channel.id, workspace.new_ts(), text, blocks, thread_ts and str(thread_ts), metadata)
    workspace.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": shown(message, workspace)}


def update_message(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """Other words for a message of the app's own."""
    channel = workspace.writable(given.get("channel"))
    message = workspace.message(channel.id, given.get("ts"))
    blocks, metadata = check_message(given), _metadata(given)
    message.metadata = metadata or message.metadata
    workspace.update(message, str(given.get("text") or ""), blocks)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": shown(message, workspace),
    }


def post_ephemeral(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """A message that one person sees."""
    channel = workspace.writable(given.get("channel"), by_name=True)
    user = workspace.user(given.get("user"))
    thread_ts = given.get("thread_ts")
    message = Message(channel.id, workspace.new_ts(), str(given.get("text") or ""), check_message(given), thread_ts)
    message.seen_by = user.id
    workspace.post(message)
    return {"message_ts": message.ts}


def open_view(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """A modal for the person who pressed."""
    view = check_view(given.get("view"))
    user_id = workspace.use_trigger(given.get("trigger_id"))
    modal = Modal(workspace.new_id("V"), user_id, view, workspace.new_id("h"))
    workspace.open_modal(modal)
    return {"view": shown_view(modal, workspace)}


def update_view(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """Another content for a modal that is open."""
    view, modal = check_view(given.get("view")), workspace.modals.get(str(given.get("view_id")))
    if modal is None:
        raise SlackError("not_found")
    if given.get("hash") not in (None, modal.hash):
        raise SlackError("hash_conflict")
    modal.view, modal.hash = view, workspace.new_id("h")
    workspace.open_modal(modal)
    return {"view": shown_view(modal, workspace)}


def shown_view(modal: Modal, workspace: Workspace, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A modal as Slack's answers and payloads carry it; `values` is what was filled in."""
    return {
        "private_metadata": "",
        "callback_id": "",
        "submit": None,
        "close": None,
        **modal.view,
        "id": modal.id,
        "team_id": workspace.team_id,
        "hash": modal.hash,
        "state": {"values": dict(values or {})},
        "root_view_id": modal.id,
        "previous_view_id": None,
        "app_id": workspace.app_id,
        "bot_id": workspace.bot_id,
    }


def user_info(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """A person."""
    user = workspace.user(given.get("user"))
    profile = {"real_name": user.real_name, "display_name": user.name, "title": user.title}
    return {
        "user": {
            "id": user.id,
            "team_id": workspace.team_id,
            "name": user.name,
            "real_name": user.real_name,
            "tz": user.tz,
            "deleted": False,
            "is_bot": False,
            "profile": profile,
        }
    }


def conversation(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """A channel."""
    return {"channel": _described(workspace.channel(given.get("channel")))}


def conversations(workspace: Workspace, _given: Mapping[str, Any]) -> dict[str, Any]:
    """Every channel."""
    return {
        "channels": [_described(one) for one in workspace.channels.values()],
        "response_metadata": {"next_cursor": ""},
    }


def history(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """A channel's messages outside threads, newest first."""
    channel = workspace.channel(given.get("channel"))
    if not channel.has_app:
        raise SlackError("not_in_channel")
    found = [one for one in _visible(workspace, channel) if one.thread_ts is None]
    return _page(workspace, found[::-1], given)


def replies(workspace: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """A thread: its root, then its replies, oldest first."""
    channel = workspace.channel(given.get("channel"))
    found = in_thread(_visible(workspace, channel), str(given.get("ts")))
    if not found:
        raise SlackError("thread_not_found")
    return _page(workspace, found, given)


def _visible(workspace: Workspace, channel: Channel) -> list[Message]:
    return [one for one in workspace.messages.values() if one.channel == channel.id and one.seen_by is None]


def _page(workspace: Workspace, messages: list[Message], given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        limit = min(int(given.get("limit") or 100), _MOST)
        start = int(given.get("cursor") or 0)
        oldest, latest = float(given.get("oldest") or 0), float(given.get("latest") or "inf")
    except ValueError as error:
        raise SlackError("invalid_arguments") from error
    is_inclusive = str(given.get("inclusive", "")).lower() in ("1", "true")
    found = [
        one
        for one in messages
        if oldest < float(one.ts) < latest or (is_inclusive and float(one.ts) in (oldest, latest))
    ]
    page, has_more = found[start : start + limit], len(found) > start + limit
    listed = []
    for one in page:
        body = shown(one, workspace)
        if one.metadata is not None and has_metadata(given):
            body["metadata"] = one.metadata
        listed.append(body)
    cursor = str(start + limit) if has_more else ""
    return {"messages": listed, "has_more": has_more, "response_metadata": {"next_cursor": cursor}}


def _described(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": True,
        "is_private": False,
        "is_archived": channel.is_archived,
        "is_member": channel.has_app,
    }


def _metadata(given: Mapping[str, Any]) -> dict[str, Any] | None:
    metadata = given.get("metadata")
    try:
        metadata = json.loads(metadata) if isinstance(metadata, str) else metadata
    except ValueError as error:
        raise SlackError("invalid_metadata_format") from error
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return metadata


METHODS: Mapping[str, Method] = {
    "auth.test": Method(None, auth_test),
    "chat.postMessage": Method("chat:write", post_message),
    "chat.update": Method("chat:write", update_message),
    "chat.postEphemeral": Method("chat:write", post_ephemeral),
    "views.open": Method(None, open_view),
    "views.update": Method(None, update_view),
    "users.info": Method("users:read", user_info),
    "conversations.info": Method("channels:read", conversation),
    "conversations.list": Method("channels:read", conversations),
    "conversations.history": Method("channels:history", history),
    "conversations.replies": Method("channels:history", replies),
}
