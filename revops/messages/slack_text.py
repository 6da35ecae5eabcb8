"""Text in Slack's markup: what people and customers wrote is shown as they wrote it and does nothing.

Slack gives a meaning to `<...>` only (mentions of everybody, links, dates), so `&`, `<` and `>` are escaped everywhere;
`verbatim` keeps it from making links and mentions of plain text; control characters and those that turn the direction
of reading are left out. Lengths are counted after escaping, and no escape is cut in two.

Source: https://docs.slack.dev/messaging/formatting-message-text#escaping.
"""

from datetime import datetime

from revops.domain.message import Sentence, Who

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MORE = "…"
_DATE = "{date_short_pretty} at {time}"


def plain(text: str, most: int) -> str:
    """One line without control characters, cut to so many characters; never empty."""
    return _cut(list(_one_line(text).strip()), most) or "-"


def escaped(text: str, most: int) -> str:
    """One line in which nothing is markup, at most so many characters after escaping."""
    return _cut([_ESCAPES.get(character, character) for character in _one_line(text).strip()], most)


def sentence(parts: Sentence, most: int) -> str:
    """A sentence; moments in the reader's zone, people of Slack by their own names there."""
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, datetime):
            pieces.append(moment(part))
        elif isinstance(part, Who):
            pieces.append(person(part))
        else:
            pieces += [_ESCAPES.get(character, character) for character in _one_line(part)]
    return _cut(pieces, most)


def moment(at: datetime) -> str:
    """A time that Slack shows in the reader's zone, and in UTC where it cannot."""
    return f"<!date^{int(at.timestamp())}^{_DATE}|{at:%Y-%m-%d %H:%M} UTC>"


def person(who: Who) -> str:
    """A person of Slack as a mention, others by name."""
    where, _, rest = who.person_id.partition(":")
    user = rest.partition(":")[2]
    if where == "slack" and user.isalnum():
        return f"<@{user}>"
    return escaped(who.name or rest or who.person_id, 200)


def _one_line(text: str) -> str:
    # What is not printable goes, and with it what turns the direction of reading: it makes `USD 10` of `USD 01`.
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)


def _cut(pieces: list[str], most: int) -> str:
    if sum(map(len, pieces)) <= most:
        return "".join(pieces)
    kept: list[str] = []
    left = most - len(_MORE)
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + _MORE
