"""Two drafts word by word: what a person or a model changed, to be read and to be counted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from itertools import chain
from typing import Literal

from revops.domain.letter import Letter

# Words with the white space that follows them, so that the pieces put together are the text again.
_WORD = re.compile(r"\S+\s*|\s+")
_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
_TAGS = {"same": ("", ""), "removed": ("<del>", "</del>"), "added": ("<ins>", "</ins>")}


@dataclass(frozen=True)
class Piece:
    """Words that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    words: str


@dataclass(frozen=True)
class LetterDiff:
    """What changed from one version of a letter to the next; `edits` is how many words."""

    subject: tuple[Piece, ...]
    text: tuple[Piece, ...]
    edits: int

    def as_text(self) -> str:
        """With [-what went-] and {+what came+}."""
        return f"{_shown(self.subject, _MARKS)}\n\n{_shown(self.text, _MARKS)}"

    def as_html(self) -> str:
        """With <del> and <ins>, everything else escaped; a paragraph for the subject and each of the text."""
        return "".join(f"<p>{_marked_up(pieces)}</p>" for pieces in (self.subject, *_paragraphs(self.text)))


def diff_letters(before: Letter, after: Letter) -> LetterDiff:
    """What changed in subject and text; the HTML is made from the text."""
    edits = edit_distance(before.subject, after.subject) + edit_distance(before.text, after.text)
    return LetterDiff(_pieces(before.subject, after.subject), _pieces(before.text, after.text), edits)


def edits_between(drafted: Letter, sent: Letter) -> int:
    """How many words a person changed from the draft to what was sent."""
    return edit_distance(drafted.subject, sent.subject) + edit_distance(drafted.text, sent.text)


def edit_distance(a: str, b: str) -> int:
    """The fewest words to add, remove or replace to make one text of the other (Levenshtein); white space is none."""
    ours, theirs = a.split(), b.split()
    while ours and theirs and ours[-1] == theirs[-1]:
        ours.pop()
        theirs.pop()
    start = next((n for n, (x, y) in enumerate(zip(ours, theirs, strict=False)) if x != y), min(len(ours), len(theirs)))
    return _levenshtein(ours[start:], theirs[start:])


def _levenshtein(a: Sequence[str], b: Sequence[str]) -> int:
    row = list(range(len(b) + 1))
    for i, ours in enumerate(a, start=1):
        last, row[0] = row[0], i
        for j, theirs in enumerate(b, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (ours != theirs))
    return row[-1]


def _pieces(before: str, after: str) -> tuple[Piece, ...]:
    ours, theirs = _WORD.findall(before), _WORD.findall(after)
    found: list[Piece] = []
    matcher = SequenceMatcher(None, [one.strip() for one in ours], [one.strip() for one in theirs], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        old, new = "".join(ours[a:b]), "".join(theirs[c:d])
        if kind == "equal":
            found.append(Piece("same", new))
            continue
        if old:
            # What was replaced stands beside what replaced it, in one paragraph.
            found.append(Piece("removed", f"{old.rstrip()} " if new else old))
        if new:
            found.append(Piece("added", new))
    return tuple(found)


def _shown(pieces: tuple[Piece, ...], marks: dict[str, tuple[str, str]]) -> str:
    """Marks stand around the words, not around the white space after them."""
    parts = []
    for piece in pieces:
        words = piece.words.rstrip()
        begin, end = marks[piece.kind]
        parts.append(f"{begin}{words}{end}{piece.words[len(words) :]}" if words else piece.words)
    return "".join(parts)


def _marked_up(pieces: tuple[Piece, ...]) -> str:
    return (
        _shown(tuple(Piece(piece.kind, escape(piece.words)) for piece in pieces), _TAGS).strip().replace("\n", "<br>")
    )


def _paragraphs(pieces: tuple[Piece, ...]) -> tuple[tuple[Piece, ...], ...]:
    """The pieces again, by paragraph: a piece that goes over its end is cut there."""
    cut = chain.from_iterable(
        ((piece.kind, words) for words in re.split(r"(\n{2,})", piece.words) if words) for piece in pieces
    )
    paragraphs: list[list[Piece]] = [[]]
    for kind, words in cut:
        if words.startswith("\n\n"):
            paragraphs.append([])
        else:
            paragraphs[-1].append(Piece(kind, words))
    return tuple(tuple(one) for one in paragraphs if one)
