"""Messages as Slack's blocks. Slack's limits hold by construction: what is too long is cut, what is too much left out.

Source of the limits: https://docs.slack.dev/reference/block-kit/blocks.
"""

import json
from typing import Any

from revops.domain.message import Button, Fact, Line, Message, Quote
from revops.messages.slack_text import escaped, plain, sentence

# Action ids stay as they are: a button that was posted a year ago must still be understood.
PREFIX = "leaks_"
_TITLE = 150
_SUMMARY = 1_000
_SECTION = 3_000
_FIELD = 500
_FIELDS = 10
_BUTTON = 75
_REASONS = 10
_REASON = 280
_LINES = 20
_CONTEXT = 500
_PARAGRAPH = 700
_QUOTE = 2_800
_CONTEXTS = 10

Block = dict[str, Any]


def slack_message(message: Message) -> dict[str, Any]:
    """`text` (for notifications and screen readers) and `blocks` of a message."""
    blocks: list[Block] = [{"type": "header", "text": _plain(message.title, _TITLE)}]
    if message.outcome:
        blocks.append(_section(f"*{sentence(message.outcome, _SECTION - 2)}*"))
    if message.facts:
        blocks.append({"type": "section", "fields": [_fact(fact) for fact in message.facts[:_FIELDS]]})
    if message.why:
        reasons = "\n".join(f"• {escaped(reason, _REASON)}" for reason in message.why[:_REASONS])
        blocks.append(_section(f"*Why*\n{reasons}"))
    if message.what_happens:
        blocks.append(_section(f"*If you approve*\n{escaped(message.what_happens, _SECTION - 100)}"))
    if message.quote is not None:
        blocks.append(_section(_quoted(message.quote)))
    blocks += [_line(line) for line in message.lines[:_LINES]]
    if message.buttons:
        blocks.append({"type": "actions", "block_id": "decide", "elements": [_button(one) for one in message.buttons]})
    if message.context:
        texts = [_mrkdwn(sentence(parts, _CONTEXT)) for parts in message.context[:_CONTEXTS]]
        blocks.append({"type": "context", "elements": texts})
    return {"text": escaped(message.summary, _SUMMARY), "blocks": blocks}


def button_value(button: Button) -> str:
    """What a button carries: the action and the version that was seen."""
    return json.dumps({"action_id": button.action_id, "version_hash": button.version_hash}, separators=(",", ":"))


def read_button_value(value: Any) -> tuple[str, str]:
    """Action id and version hash of a button. Raises ValueError for what no button of ours carries."""
    try:
        content = json.loads(value)
        found = content["action_id"], content["version_hash"]
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError("this button is none of ours") from error
    if not all(isinstance(text, str) and 0 < len(text) <= 200 for text in found):
        raise ValueError("this button is none of ours")
    return found


def _fact(fact: Fact) -> Block:
    return _mrkdwn(f"*{escaped(fact.label, 100)}*\n{escaped(fact.value, _FIELD) or '-'}")


def _line(line: Line) -> Block:
    block = _section(escaped(line.text, _REASON) or "-")
    if line.button is not None:
        block["accessory"] = _button(line.button)
    return block


def _button(button: Button) -> Block:
    element: Block = {
        "type": "button",
        "action_id": f"{PREFIX}{button.verb}",
        "text": _plain(button.text, _BUTTON),
        "value": button_value(button),
    }
    return element if button.style is None else {**element, "style": button.style}


def _quoted(quote: Quote) -> str:
    """Heading and paragraphs as Slack quotes them; what does not fit is left out and said so."""
    text = f"*{escaped(quote.heading, 300)}*"
    for paragraph in quote.paragraphs:
        more = f"\n>{escaped(paragraph, _PARAGRAPH)}"
        if len(text) + len(more) > _QUOTE:
            return f"{text}\n>…"
        text += more
    return text


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": plain(text, most), "emoji": False}
