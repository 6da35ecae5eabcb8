"""Text as Linear takes it: nothing that JSON or a page cannot show, and not longer than Linear allows.

Descriptions and comments are Markdown; who writes them escapes the words of others. What is put around them here is
escaped here. Linear's schema names no lengths: a title of 255 is what its API takes, the others are well within what
was seen to work.
"""

import re
from urllib.parse import urlsplit

TITLE, DESCRIPTION, COMMENT, LABEL = 255, 50_000, 20_000, 80
_URL = 2_000
# Controls, and marks that turn the direction of what follows: a title must read as it is.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~@])")


def line(text: str, limit: int) -> str:
    """One line without markup of its own: a title, a label's name."""
    return _cut(" ".join(_INVISIBLE.sub(" ", _encodable(text)).split()), limit)


def markdown(text: str, limit: int) -> str:
    """Several lines of Markdown."""
    text = _encodable(text).replace("\r\n", "\n").replace("\r", "\n")
    return _cut(_INVISIBLE.sub("", text).strip(), limit)


def escaped(text: str) -> str:
    """Words of others, on one line, so that Markdown shows them as they are."""
    return _MARKUP.sub(r"\\\1", line(text, TITLE))


def web_address(link: str | None) -> str | None:
    """A link that may stand in Markdown and be attached; None for what is no address of a page."""
    if link is None or len(link) > _URL or not link.isascii() or not link.isprintable() or " " in link:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return link.translate({ord(one): f"%{ord(one):02X}" for one in "()<>\"'\\[]"})


def description(text: str, link: str | None, notes: tuple[str, ...]) -> str:
    """A task's description. The way back and what could not be done stand above, where no cut hides them."""
    head = [f"[Open the leak]({link})"] if link is not None and link not in text else []
    head += notes
    above = "\n\n".join(head)
    left = DESCRIPTION - _length(above) - 2
    return f"{above}\n\n{markdown(text, left)}".strip() if above else markdown(text, DESCRIPTION)


def _encodable(text: str) -> str:
    """Half of a surrogate pair is no character, and JSON with it is refused."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _length(text: str) -> int:
    """As Linear counts: in units of UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, limit: int) -> str:
    if _length(text) <= limit:
        return text
    return text.encode("utf-16-le")[: (limit - 1) * 2].decode("utf-16-le", "ignore").rstrip() + "…"
