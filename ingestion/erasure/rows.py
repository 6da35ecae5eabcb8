"""What is left of one row of a table when a person is erased."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ingestion.erasure.erased import Erased
from ingestion.erasure.in_force import in_force
from ingestion.erasure.person import Person
from ingestion.erasure.pseudonyms import ADDRESS
from ingestion.erasure.washing import kinds
from ingestion.stripe.objects import version

# By these columns a row is somebody's.
_OF_SOMEBODY = re.compile(r"(^|_)(id|key|account)$")
_EMPTIED = frozenset({"text", "link", "phone", "number"})
_OF_USERS = ("account_id", "user_id", "user_email")


def is_of_somebody(column: str) -> bool:
    """Whether a column's value can say whose a row is."""
    return _OF_SOMEBODY.search(column) is not None


class Rows:
    """Strips rows of one person; `erased` are all erasures of the tenant, this person's among them."""

    def __init__(self, erased: Erased, person: Person) -> None:
        self._erased = erased
        self._person = person
        self.customer_id = person.customer_id
        self._sought = {text.lower(): left for text, left in person.sought.items()}
        texts = sorted(self._sought, key=len, reverse=True)
        self.pattern = "(?i)" + "|".join(re.escape(text) for text in texts) if texts else None
        self._everywhere = re.compile(self.pattern) if self.pattern else None
        self._quoted = {f'"{text}"': f'"{left}"' for text, left in person.words.items() if text}

    def payload(self, payload: str) -> tuple[str, str]:
        """A version's payload and its hash: what would land now, and no word of the person in odd places either."""
        with in_force(self._erased):
            left = version(orjson.loads(payload))
            text = self.text(left.payload.decode())
            left = version(orjson.loads(text)) if text.encode() != left.payload else left
        return left.payload.decode(), left.payload_hash

    def cells(self, columns: Sequence[str], row: Sequence[Any]) -> list[Any]:
        """The cells of a row of any other table."""
        cells: Mapping[str, Any] = dict(zip(columns, row, strict=True))
        is_mine = any(cells[name] in self._person.object_ids for name in columns if is_of_somebody(name))
        return [self._cell(name, content, is_mine=is_mine) for name, content in cells.items()]

    def users(self, row: Mapping[str, str | None]) -> dict[str, str | None]:
        """Who did something in the product: addresses become pseudonyms, ids stay."""
        pseudonyms = self._erased.pseudonyms
        return {
            name: pseudonyms.of(text) if text is not None and ADDRESS.fullmatch(text.strip()) else text
            for name, text in row.items()
        }

    def text(self, text: str) -> str:
        """A text of anybody's, without the words that are this person's alone."""
        if self._everywhere is None:
            return text
        return self._everywhere.sub(lambda match: self._sought[match[0].lower()], text)

    def _cell(self, name: str, content: Any, *, is_mine: bool) -> Any:
        if not isinstance(content, str) or not content:
            return content
        if name == "raw_text":
            return self._erased.text(self.text(content))
        if is_mine and name in _OF_USERS:
            return self.users({name: content})[name]
        if is_mine and kinds().get(name) in _EMPTIED:
            return None
        text = self.text(content)
        if not is_mine or is_of_somebody(name):
            return text
        if text in self._person.words:
            return self._person.words[text]
        if text[0] in "[{":
            for quoted, left in self._quoted.items():
                text = text.replace(quoted, left)
        return text
