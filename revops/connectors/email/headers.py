"""Headers as octets: ASCII lines of at most 78, names and subjects as encoded words (RFC 2047) where they need it.

Written here and not by the standard library: its folding loses the quotes of long display names (in Python 3.11.7),
so that a customer who calls itself `..., evil@example.com, ...` adds a recipient to the header. A name here is plain
words or encoded words, never a quoted string, so nothing in it can be taken for an address.
"""

import re
from base64 import b64encode
from collections.abc import Iterator

from revops.connectors.email.addresses import Address
from revops.domain.mail import MailRefusedError

_LINE = 78
_LONGEST = 998
# RFC 5322 (3.2.3): what a word of a phrase may hold without quotes.
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*")
_PLAIN_TEXT = re.compile(r"[!-~]+(?: [!-~]+)*")
# An encoded word is at most 75 long and its line at most 76 (RFC 2047, 2); 39 octets become 64 beside `Subject:`.
_WORD_OCTETS = 39


def line(name: str, words: list[str]) -> bytes:
    """A header, folded between its words. Raises MailRefusedError where a word is too long for any line."""
    lines, here = [], f"{name}:"
    for word in words:
        if len(here) + 1 + len(word) > _LINE and here != f"{name}:":
            lines.append(here)
            here = ""
        here = f"{here} {word}"
    lines.append(here)
    if any(len(one.encode()) > _LONGEST for one in lines):
        raise MailRefusedError(f"The header {name} holds a word that no mail can carry: nothing was sent.")
    return "\r\n".join(lines).encode()


def text(value: str) -> list[str]:
    """The words of a subject or another header of free text."""
    return value.split(" ") if _PLAIN_TEXT.fullmatch(value) and "=?" not in value else list(_encoded(value))


def mailbox(name: str | None, address: Address) -> list[str]:
    """The words of a name with its address."""
    shown = " ".join((name or "").split())
    if not shown:
        return [address.text]
    is_plain = _PLAIN_PHRASE.fullmatch(shown) and "=?" not in shown
    words = shown.split(" ") if is_plain else list(_encoded(shown))
    return [*words, f"<{address.text}>"]


def _encoded(value: str) -> Iterator[str]:
    """Encoded words that are whole characters each; white space between them is not part of the text."""
    octets = b""
    for character in value:
        more = character.encode()
        if len(octets) + len(more) > _WORD_OCTETS:
            yield _word(octets)
            octets = b""
        octets += more
    if octets:
        yield _word(octets)


def _word(octets: bytes) -> str:
    return f"=?utf-8?b?{b64encode(octets).decode()}?="
