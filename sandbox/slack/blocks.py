"""What Slack refuses of blocks and views: limits by slack_sdk's models, and what these let pass.

Source: https://docs.slack.dev/reference/block-kit/blocks and the pages below it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from .errors import SlackError

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TEXT_LENGTH = 40_000
_PRIVATE_METADATA = 3000
_MODAL_TITLE = 24
_TEXT_TYPES = ("plain_text", "mrkdwn")
# slack_sdk parses what it does not know to nothing.
_ELEMENTS = frozenset(
    {
        *("button", "checkboxes", "datepicker", "datetimepicker", "email_text_input", "image", "number_input"),
        *("overflow", "plain_text_input", "radio_buttons", "static_select", "timepicker", "url_text_input"),
        *("users_select", "conversations_select", "channels_select", "multi_static_select", *_TEXT_TYPES),
    }
)


def check_message(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The blocks of a message, each with a block_id as Slack gives one. Raises SlackError."""
    blocks, text = _read(given.get("blocks")), given.get("text")
    if not blocks and not text:
        raise SlackError("no_text")
    if isinstance(text, str) and len(text) > TEXT_LENGTH:
        raise SlackError("msg_too_long")
    _check(blocks, MESSAGE_BLOCKS, "invalid_blocks")
    return _with_ids(blocks)


def check_view(view: Any) -> dict[str, Any]:
    """A modal as it was sent, its blocks with block_ids. Raises SlackError."""
    view = json.loads(view) if isinstance(view, str) else view
    if not isinstance(view, dict) or view.get("type") != "modal":
        raise SlackError("invalid_arguments", ["unsupported type: only modals are served here [json-pointer:/view]"])
    blocks = _read(view.get("blocks"))
    problems = [
        f"must be a plain text of at most {_MODAL_TITLE} characters [json-pointer:/view/{name}]"
        for name in ("title", "submit", "close")
        if (name in view or name == "title") and not _is_short(view.get(name))
    ]
    if len(view.get("private_metadata", "")) > _PRIVATE_METADATA:
        problems.append(f"must be at most {_PRIVATE_METADATA} characters [json-pointer:/view/private_metadata]")
    if any(block.get("type") == "input" for block in blocks) and "submit" not in view:
        problems.append("a view with inputs needs submit [json-pointer:/view/submit]")
    if problems:
        raise SlackError("invalid_arguments", problems)
    _check(blocks, VIEW_BLOCKS, "invalid_arguments")
    try:
        View(**view).to_dict()
    except SlackObjectFormationError as error:
        raise SlackError("invalid_arguments", [str(error)]) from error
    return {**view, "blocks": _with_ids(blocks)}


def elements(blocks: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every element that a person can use, with the id of its block."""
    for block in blocks:
        inside = [*block.get("elements", []), block.get("element"), block.get("accessory")]
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield str(block["block_id"]), element


def _read(blocks: Any) -> list[dict[str, Any]]:
    try:
        blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
    except ValueError as error:
        raise SlackError("invalid_blocks_format") from error
    blocks = [] if blocks is None else blocks
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    return blocks


def _check(blocks: list[dict[str, Any]], most: int, code: str) -> None:
    problems = [f"no more than {most} items allowed [json-pointer:/blocks]"] if len(blocks) > most else []
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(set(ids)) != len(ids):
        problems.append("block_id has to be unique [json-pointer:/blocks]")
    for number, block in enumerate(blocks):
        problems += [f"{problem} [json-pointer:/blocks/{number}]" for problem in _problems(block)]
    if problems:
        raise SlackError(code, problems)


def _problems(block: dict[str, Any]) -> Iterator[str]:
    try:
        parsed = Block.parse(copy.deepcopy(block))
        if parsed is None:
            yield f"unsupported type: {block.get('type')}"
            return
        parsed.to_dict()
    except (SlackObjectFormationError, TypeError, KeyError, AttributeError) as error:
        yield str(error)
        return
    kind, text = block["type"], block.get("text")
    if kind == "header" and (not isinstance(text, dict) or text.get("type") != "plain_text"):
        yield "a header's text is plain_text"
    if text is not None and not _is_text(text):
        yield "text must be an object with a type and a text that is not empty"
    if kind in ("actions", "context") and not block.get("elements"):
        yield "missing required field: elements"
    for field in block.get("fields", []):
        if not _is_text(field) or len(field["text"]) > 2000:
            yield "a field must be a text of 1 to 2000 characters"
    inside = [*block.get("elements", []), *([block["element"]] if "element" in block else [])]
    if "accessory" in block:
        inside.append(block["accessory"])
    yield from (f"unsupported type: {one.get('type')}" for one in inside if one.get("type") not in _ELEMENTS)
    action_ids = [one["action_id"] for one in inside if "action_id" in one]
    if len(set(action_ids)) != len(action_ids):
        yield "action_id has to be unique in its block"


def _is_text(text: Any) -> bool:
    return isinstance(text, dict) and text.get("type") in _TEXT_TYPES and bool(text.get("text"))


def _is_short(text: Any) -> bool:
    return _is_text(text) and text["type"] == "plain_text" and len(text["text"]) <= _MODAL_TITLE


def _with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**block, "block_id": block.get("block_id") or f"b{number}"} for number, block in enumerate(blocks)]
