"""The words by which claims are recognised, one file per language: `claims/<language>.yml`, read strictly."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from revops.domain.letter import LANGUAGES, Language
from revops.drafting.reading import folded

_FOLDER = Path(__file__).with_name("claims")
_LETTERS = Path(__file__).with_name("letters")
# Shorter words of one language are harmless words of another: "court", "gift", "sale".
_LONG_ENOUGH = 6


class Reason(BaseModel):
    """A cause that may be named for some decline groups only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    groups: tuple[str, ...]
    words: tuple[str, ...]


class Claims(BaseModel):
    """All of a file; what each list is for stands beside it there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    promise: tuple[str, ...]
    fraud: tuple[str, ...]
    promotion: tuple[str, ...]
    threat: tuple[str, ...]
    service_ends: tuple[str, ...]
    service_ended: tuple[str, ...]
    downgraded: tuple[str, ...]
    relative_date: tuple[str, ...]
    paid: tuple[str, ...]
    retry: tuple[str, ...]
    condition: tuple[str, ...]
    reasons: tuple[Reason, ...]
    unless: tuple[str, ...]
    tries: tuple[str, ...]
    notices: tuple[str, ...]
    many_tries: tuple[str, ...]
    numbers: dict[str, int]
    times: dict[str, int]
    ordinals: dict[str, int]
    units: tuple[str, ...]
    invoice_words: tuple[str, ...]
    card_words: tuple[str, ...]
    currency_words: dict[str, tuple[str, ...]]
    greetings: tuple[str, ...]
    after_a_name: tuple[str, ...]
    name_follows: tuple[str, ...]
    common: str
    capitals: tuple[str, ...]


@dataclass(frozen=True)
class ClaimWords:
    """A language's claims as patterns over folded text."""

    language: Language
    claims: Claims

    def forbidden(self, kind: str) -> re.Pattern[str]:
        """Words of a kind (`promise`, `fraud`, `promotion`, `threat`) in this language, and long ones of the others."""
        return _forbidden(self.language, kind)

    @cached_property
    def lexicon(self) -> frozenset[str]:
        """Folded words that are nobody's name: those of our letters in this language, and common ones."""
        letters = (_LETTERS / f"{self.language}.j2").read_text(encoding="utf-8")
        ours = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", letters, flags=re.DOTALL)
        return frozenset(re.findall(r"[^\W\d_]+", folded(f"{ours} {self.claims.common}")))

    @cached_property
    def reasons(self) -> tuple[tuple[frozenset[str], re.Pattern[str]], ...]:
        """For which decline groups a cause may be named, and its words."""
        return tuple((frozenset(one.groups), pattern(one.words)) for one in self.claims.reasons)


@cache
def claim_words(language: Language) -> ClaimWords:
    """What is read of a draft in a language."""
    return ClaimWords(language, _read(language))


@cache
def pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these as whole words of folded text; `*` stands for any ending, `...` for up to four words between."""
    return re.compile(rf"(?<!\w)(?:{alternatives(words)})(?!\w)")


def alternatives(words: Iterable[str]) -> str:
    """The same as a part of a larger pattern."""
    return _alternatives(tuple(words))


@cache
def _alternatives(words: tuple[str, ...]) -> str:
    return "|".join(map(_source, sorted(words, key=len, reverse=True)))


def _source(words: str) -> str:
    text = re.escape(folded(words))
    # No sentence is crossed: the words between are words.
    text = text.replace(r"\ \.\.\.\ ", r"\s+(?:[^\s.!?]+\s+){0,4}?")
    return text.replace(r"\*", r"\w*").replace(r"\ ", r"\s+")


@cache
def _forbidden(language: Language, kind: str) -> re.Pattern[str]:
    words = set(getattr(_read(language), kind))
    for other in LANGUAGES:
        if other != language:
            words |= {one for one in getattr(_read(other), kind) if len(one.split(" ")[0].rstrip("*")) >= _LONG_ENOUGH}
    return pattern(tuple(sorted(words)))


@cache
def _read(language: Language) -> Claims:
    path = _FOLDER / f"{language}.yml"
    return Claims.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
