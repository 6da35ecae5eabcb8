"""What comes back: a notification that a mail of ours did not arrive, read strictly.

Anybody can send us anything, so nothing is guessed: only a notification that names one mail of ours by its Message-ID
and one recipient counts, and nothing that it holds can raise more than BounceError.

Sources: RFC 3464 (delivery status notifications), RFC 3463 (status codes). The other form is Exim's own, without a
machine-readable part: `X-Failed-Recipients`, the mail below a line, the reason between.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Any

from revops.connectors.email.addresses import address_of
from revops.domain.mail import MailError, MailRefusedError

_LARGEST = 1_000_000
_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?!\d)")
_SAID = re.compile(r"\b([45])\d\d[ -](?:#?([45]\.\d{1,3}\.\d{1,3}))?")
_RECIPIENT = re.compile(r"(?i:rfc822|utf-8)\s*;\s*<?([^<>;\s]+)>?")
_HELD = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
_BELOW = re.compile(r"^-{4,} ?This is a copy of (?:the|your) message", re.MULTILINE)
_OWN_ID = re.compile(r"^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]+>)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_BOUNCED = frozenset({"failed", "delayed"})


class BounceError(MailError):
    """No notification about one mail of ours that could not be delivered; the text says what it lacks."""


@dataclass(frozen=True)
class Bounce:
    """What became of one mail of ours. `status` is an enhanced code such as 5.1.1.

    `is_permanent`: it will never arrive (class 5). What was given up for a passing reason, or is late, is not.
    """

    message_id: str
    recipient: str
    status: str
    is_permanent: bool


def parse_bounce(raw: bytes, own_domain: str) -> Bounce:
    """Read a mail that came in as a bounce of one of ours, sent from `own_domain`. Raises BounceError."""
    if len(raw) > _LARGEST:
        raise BounceError("The mail is too large for a bounce.")
    message = _parsed(raw)
    parts = list(message.walk())
    statuses = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    if statuses:
        recipient, status, action = _reported(statuses)
        own_id = _returned_id(parts, own_domain)
        return Bounce(own_id, recipient, status, action == "failed" and status.startswith("5"))
    if "x-failed-recipients" in message:
        return _exim(message, own_domain)
    raise BounceError("The mail is no delivery status notification.")


def _parsed(raw: bytes) -> Message:
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(raw)
        # Parts within parts without end are found by going through them, and headers that the parser trips over.
        for part in message.walk():
            part.get_content_type()
            part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        what = type(error).__name__
    else:
        return message
    # Raised here, because the parser's error may quote the mail.
    raise BounceError(f"The mail cannot be read ({what}).")


def _reported(statuses: list[Message]) -> tuple[str, str, str]:
    """Recipient, status and action of the one recipient that a report is about."""
    found: set[tuple[str, str, str]] = set()
    for group in _groups(statuses):
        action = _value(group, "action").lower()
        if action not in _BOUNCED:
            continue
        status = _STATUS.match(_value(group, "status"))
        named = _RECIPIENT.fullmatch(_value(group, "original-recipient") or _value(group, "final-recipient"))
        if status is None or named is None:
            raise BounceError("The notification names no recipient or no status.")
        if status[1] == "2" or (action == "delayed" and status[1] == "5"):
            raise BounceError("The notification's action and status contradict each other.")
        found.add((_address(named[1]), status[0], action))
    if not found:
        raise BounceError("The notification reports no failure.")
    if len(found) > 1:
        raise BounceError("The notification is about several recipients; ours go to one.")
    return found.pop()


def _groups(statuses: list[Message]) -> Iterator[Message]:
    """The groups of fields about recipients."""
    for part in statuses:
        payload: Any = part.get_payload()
        for group in payload if isinstance(payload, list) else ():
            if "final-recipient" in group or "original-recipient" in group:
                yield group


def _returned_id(parts: list[Message], own_domain: str) -> str:
    """The Message-ID in what the notification returns of our mail."""
    for part in parts:
        if part.get_content_type() not in _HELD:
            continue
        payload: Any = part.get_payload()
        if isinstance(payload, list):
            return _own(_value(payload[0], "message-id") if payload else "", own_domain)
        decoded: Any = part.get_payload(decode=True)
        found = _OWN_ID.search((decoded or b"").decode("utf-8", "replace"))
        return _own(found[1] if found else "", own_domain)
    raise BounceError("The notification returns nothing of the mail that it is about.")


def _exim(message: Message, own_domain: str) -> Bounce:
    named = _value(message, "x-failed-recipients")
    decoded: Any = message.get_payload(decode=True)
    text = (decoded or b"").decode("utf-8", "replace") if not message.is_multipart() else ""
    below = _BELOW.search(text)
    if below is None:
        raise BounceError("The mail returns nothing of the mail that it is about.")
    found = _OWN_ID.search(text, below.end())
    own_id = _own(found[1] if found else "", own_domain)
    said = _SAID.search(text, 0, below.start())
    status = (said[2] or f"{said[1]}.0.0") if said else None
    if status is None:
        raise BounceError("The mail gives no code of the failure.")
    return Bounce(own_id, _address(named), status, status.startswith("5"))


def _own(text: str, own_domain: str) -> str:
    """A Message-ID if it is one of ours."""
    if not re.fullmatch(rf"<[0-9a-f]{{40}}@{re.escape(own_domain)}>", text):
        raise BounceError("The notification is about no mail of ours.")
    return text


def _address(text: str) -> str:
    try:
        return address_of(text).text
    except MailRefusedError:
        pass
    raise BounceError("The notification's recipient is no e-mail address.")


def _value(message: Message, name: str) -> str:
    """A header's only value in one line, empty where it is missing or there are several."""
    found = message.get_all(name, [])
    return " ".join(str(found[0]).split()) if len(found) == 1 else ""
