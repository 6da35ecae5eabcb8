"""A draft as the check reads it: one spelling of spaces and signs, and a copy without capitals and accents.

What has been understood is blotted out, place by place, so that nothing is read twice: at the end every digit that is
left was said without a fact.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# A character of no script: it ends words and belongs to none. A draft that holds one itself is read without it.
BLOT = "\ue000"
_SPACES = re.compile(r"[^\S\n]+")


def plain(text: str) -> str:
    """As it looks: compatibility forms made one, without what cannot be seen."""
    seen = unicodedata.normalize("NFKC", text)
    if not seen.replace("\n", "").isprintable():
        seen = "".join(c for c in seen if unicodedata.category(c) not in ("Cf", "Co", "Cn"))
    seen = seen.replace("’", "'").replace("‘", "'")
    return _SPACES.sub(" ", seen)


def folded(text: str) -> str:
    """Without capitals and accents, character by character, so that places stay the same."""
    return text.lower() if text.isascii() else "".join(map(_fold, text))


@lru_cache(maxsize=4_096)
def _fold(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0].lower()
    return base if len(base) == 1 else character


class Reading:
    """A text being read; `text` and `low` (folded) have the same places."""

    def __init__(self, text: str) -> None:
        self.text = plain(text)
        self.low = folded(self.text)

    def blot(self, start: int, end: int) -> None:
        """This is understood."""
        blot = BLOT * (end - start)
        self.text = self.text[:start] + blot + self.text[end:]
        self.low = self.low[:start] + blot + self.low[end:]

    def take(self, pattern: re.Pattern[str], *, folds: bool = True) -> Iterator[re.Match[str]]:
        """Every place of a pattern, blotted out when the caller goes on to the next one."""
        for match in list(pattern.finditer(self.low if folds else self.text)):
            yield match
            self.blot(match.start(), match.end())

    def words(self, match: re.Match[str]) -> str:
        """What stands at a match, for people."""
        return " ".join(self.text[match.start() : match.end()].replace(BLOT, " ").split())

    def before(self, place: int, length: int) -> str:
        """The folded words before a place."""
        return self.low[max(0, place - length) : place]

    def sentence(self, place: int) -> tuple[int, int]:
        """Where the sentence around a place begins and ends."""
        start = max(self.low.rfind(mark, 0, place) for mark in (". ", "! ", "? ", "\n"))
        ends = [at for mark in (". ", "! ", "? ", "\n", ".\n") if (at := self.low.find(mark, place)) >= 0]
        return max(start, 0), min(ends, default=len(self.low))
