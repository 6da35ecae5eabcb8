"""What a mail may not be. Real servers let much of this pass and others refuse it; here all of it is refused.

Sources: RFC 5322 (2.1.1 line lengths, 2.2 fields, 3.6 how often each), RFC 5321 (2.3.8 line ends), RFC 6152 (8BITMIME),
RFC 6532 (UTF-8 in headers), RFC 2045 (MIME).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_FIELD = re.compile(rb"[!-9;-~]+:")
_FOLDED = re.compile(rb"[ \t]+\S")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_LONGEST_LINE = 998
_NEEDED = ("date", "from", "message-id", "to", "mime-version")
_ONCE = frozenset(
    {
        *("date", "from", "sender", "reply-to", "to", "cc", "message-id", "in-reply-to", "references", "subject"),
        *("mime-version", "content-type", "content-transfer-encoding", "auto-submitted"),
    }
)
_ADDRESSES = ("from", "to", "reply-to", "cc")


def violations(content: bytes, *, is_utf8: bool = False, is_8bit: bool = False) -> list[str]:
    """What is wrong with a mail's octets, nothing for one that is right.

    `is_utf8`: SMTPUTF8 was agreed on; `is_8bit`: BODY=8BITMIME was.
    """
    return list(_violations(content, is_utf8, is_8bit))


def _violations(content: bytes, is_utf8: bool, is_8bit: bool) -> Iterator[str]:
    if _BARE.search(content):
        yield "a bare CR or LF"
    if b"\0" in content:
        yield "a NUL"
    if any(len(line) > _LONGEST_LINE for line in content.split(b"\r\n")):
        yield f"a line over {_LONGEST_LINE} octets"
    head, blank, body = content.partition(b"\r\n\r\n")
    if not blank:
        yield "no empty line after the headers"
    lines = head.split(b"\r\n")
    if any(not (_FIELD.match(line) or (number and _FOLDED.match(line))) for number, line in enumerate(lines)):
        yield "a header line that is none"
    if not is_utf8 and not head.isascii():
        yield "octets over 127 in the headers without SMTPUTF8"
    if not is_8bit and not is_utf8 and not body.isascii():
        yield "octets over 127 in the body without 8BITMIME"
    yield from _fields(BytesParser(policy=policy.compat32).parsebytes(content))
    yield from _mime(content)


def _fields(message: Message) -> Iterator[str]:
    counted = Counter(name.lower() for name in message)
    for name in _NEEDED:
        if not counted[name]:
            yield f"no {name}"
    for name, count in counted.items():
        if name in _ONCE and count > 1:
            yield f"{name} {count} times"
    if counted["bcc"]:
        yield "a Bcc, which everybody would read"
    if counted["date"]:
        try:
            parsedate_to_datetime(str(message["date"]))
        except ValueError:
            yield "a date that is none"
    if counted["message-id"] and not _MESSAGE_ID.fullmatch(str(message["message-id"]).strip()):
        yield "a message-id that is none"
    for name in _ADDRESSES:
        found = getaddresses([str(one) for one in message.get_all(name, [])])
        if counted[name] and not all(address.count("@") == 1 for _, address in found):
            yield f"a {name} that is no address"


def _mime(content: bytes) -> Iterator[str]:
    try:
        parts = list(BytesParser(policy=policy.SMTP).parsebytes(content).walk())
        for part in parts:
            yield from (f"MIME: {type(defect).__name__}" for defect in part.defects)
            if not part.is_multipart():
                part.get_content()
    except (MessageError, LookupError, ValueError) as error:
        yield f"MIME: {type(error).__name__}"
