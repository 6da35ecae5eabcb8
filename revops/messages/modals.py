"""Slack's modals for what takes more than a press: a reason, another time, a pause."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from revops.domain.decision import LONGEST_NOTE
from revops.messages.slack_text import escaped, plain

DENY, REFINE, SNOOZE = "leaks_deny", "leaks_refine", "leaks_snooze"
# A person's own words may be longer than we take: then they are told, and not cut.
_TYPED = 3_000
_TITLE = 24
_REASONS = {
    "not_a_leak": "It is not a leak",
    "wrong_amount": "The amount is wrong",
    "handled_elsewhere": "It is handled elsewhere",
    "not_now": "Not now",
    "other": "Something else (say what below)",
}
_PAUSES = {"1": "A day", "3": "Three days", "7": "A week", "14": "Two weeks"}

View = dict[str, Any]


def deny_modal(subject: str, private: Mapping[str, str]) -> View:
    """Asks for the reason."""
    return _view(
        DENY,
        "Deny",
        "Deny",
        subject,
        private,
        [
            _input("reason", "Why?", {"type": "radio_buttons", "options": _options(_REASONS)}),
            _input("note", "A note for your colleagues", _typing(), is_optional=True),
        ],
    )


def refine_modal(subject: str, private: Mapping[str, str], not_before: datetime | None) -> View:
    """Asks for another time and a note."""
    when: View = {"type": "datetimepicker"}
    if not_before is not None:
        when["initial_date_time"] = int(not_before.timestamp())
    return _view(
        REFINE,
        "Refine",
        "Propose",
        subject,
        private,
        [
            _input("not_before", "Not before", when, is_optional=True),
            _input("note", "A note", _typing(), is_optional=True),
        ],
    )


def snooze_modal(subject: str, private: Mapping[str, str]) -> View:
    """Asks for how long."""
    element = {"type": "radio_buttons", "options": _options(_PAUSES), "initial_option": _options(_PAUSES)[0]}
    return _view(SNOOZE, "Snooze", "Snooze", subject, private, [_input("pause", "Ask again in", element)])


def told_modal(title: str, text: str) -> View:
    """Says something in place of a modal that was sent."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": escaped(text, 2_900) or "-", "verbatim": True}}
    return {"type": "modal", "title": _plain(title, _TITLE), "close": _plain("Close", _TITLE), "blocks": [block]}


def chosen(values: Mapping[str, Any], name: str) -> Any:
    """What was filled into an input: an option's value, a text, a number of seconds; None for nothing."""
    state = values.get(name, {}).get("value") or {}
    option = state.get("selected_option")
    if option is not None:
        return option.get("value")
    seconds = state.get("selected_date_time")
    return seconds if seconds is not None else state.get("value")


def _view(
    callback_id: str, title: str, submit: str, subject: str, private: Mapping[str, str], inputs: list[View]
) -> View:
    about = {"type": "section", "text": {"type": "mrkdwn", "text": escaped(subject, 300) or "-", "verbatim": True}}
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": json.dumps(private, separators=(",", ":")),
        "title": _plain(title, _TITLE),
        "submit": _plain(submit, _TITLE),
        "close": _plain("Back", _TITLE),
        "blocks": [about, *inputs],
    }


def _input(name: str, label: str, element: Mapping[str, Any], *, is_optional: bool = False) -> View:
    block = {
        "type": "input",
        "block_id": name,
        "label": _plain(label, 100),
        "element": {"action_id": "value", **element},
    }
    return {**block, "optional": True} if is_optional else block


def _typing() -> View:
    placeholder = _plain(f"At most {LONGEST_NOTE:,} characters", 100)
    return {"type": "plain_text_input", "multiline": True, "max_length": _TYPED, "placeholder": placeholder}


def _options(texts: Mapping[str, str]) -> list[View]:
    return [{"text": _plain(text, 75), "value": value} for value, text in texts.items()]


def _plain(text: str, most: int) -> View:
    return {"type": "plain_text", "text": plain(text, most), "emoji": False}
