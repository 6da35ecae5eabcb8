"""A mail as people read it: decoded headers, its text, its HTML. What cannot be decoded is shown as it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from typing import Any

from .record import Entry


@dataclass(frozen=True, slots=True)
class Shown:
    """`html` is None where there is none; `headers` in their order."""

    headers: tuple[tuple[str, str], ...]
    text: str = field(repr=False)
    html: str | None = field(repr=False)

    def header(self, name: str) -> str:
        """A header's words, empty where it is missing."""
        return next((value for given, value in self.headers if given.lower() == name), "")


def shown(content: bytes) -> Shown:
    """The parts of a mail."""
    message = BytesParser(policy=policy.compat32).parsebytes(content)
    headers = tuple((name, _decoded(value)) for name, value in message.items())
    return Shown(headers, _body(message, "plain") or "", _body(message, "html"))


def summary(entry: Entry) -> dict[str, Any]:
    """A mail as one line of a list, as JSON."""
    parts = shown(entry.content)
    return {
        "id": entry.id,
        "at": datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds"),
        "from": parts.header("from"),
        "to": parts.header("to"),
        "subject": parts.header("subject"),
        "message_id": parts.header("message-id"),
        "has_html": parts.html is not None,
    }


def whole(entry: Entry) -> dict[str, Any]:
    """Everything about a mail, as JSON."""
    parts = shown(entry.content)
    return {
        **summary(entry),
        "mail_from": entry.mail_from,
        "rcpt_to": list(entry.rcpt_to),
        "is_encrypted": entry.is_encrypted,
        "user": entry.user,
        "headers": [list(one) for one in parts.headers],
        "text": parts.text,
        "html": parts.html,
        "raw": entry.content.decode("utf-8", "replace"),
    }


def _decoded(value: Any) -> str:
    text = " ".join(str(value).split())
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def _body(message: Message, subtype: str) -> str | None:
    for part in message.walk():
        if part.get_content_type() != f"text/{subtype}" or part.get_filename():
            continue
        payload = part.get_payload(decode=True)
        octets = payload if isinstance(payload, bytes) else b""
        try:
            text = octets.decode(part.get_content_charset("utf-8"), "replace")
        except LookupError:
            text = octets.decode("utf-8", "replace")
        return text.replace("\r\n", "\n")
    return None
