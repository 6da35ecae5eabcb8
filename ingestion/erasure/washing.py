"""What is left of a Stripe object when its person is erased: a pure function of the object."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ingestion.erasure.pseudonyms import ADDRESS, Pseudonyms, is_erased

MARK = "[erased]"
# What can be looked for elsewhere: the rest is free text, or says nothing by itself.
TELLING = frozenset({"email", "name", "phone", "number", "address"})
# Shorter words stand in other texts by chance.
SHORTEST_SAID_ELSEWHERE = 6
_LINES = ("line1", "line2")
_PARTS_OF_KEY = re.compile(r"[a-z]+|[A-Z][a-z]*")


@cache
def kinds() -> Mapping[str, str]:
    """The kind of each field that identifies a person, from fields.yml; `metadata` apart."""
    listed = _listed()
    return {name: kind for kind, names in listed.items() if kind != "metadata" for name in names}


@cache
def _listed() -> dict[str, list[str]]:
    rows = YAML(typ="safe").load(Path(__file__).with_name("fields.yml"))
    return {str(kind): [str(name) for name in names] for kind, names in rows.items()}


@cache
def _telling_parts() -> frozenset[str]:
    return frozenset(_listed()["metadata"])


@cache
def is_telling_key(key: str) -> bool:
    """Whether a key of metadata says that its value identifies somebody."""
    return any(part.lower() in _telling_parts() for part in _PARTS_OF_KEY.findall(key))


@dataclass
class Washed:
    """An object without its person. `said` is what was taken out, by kind, with what took its place."""

    value: Any
    said: dict[tuple[str, str], str | None] = field(default_factory=dict)


def wash(value: Any, pseudonyms: Pseudonyms) -> Washed:
    """Takes out what identifies a person. Washing twice changes nothing more."""
    washing = _Washing(pseudonyms)
    content = washing.container(value)
    elsewhere = sorted(
        (text for kind, text in washing.said if kind in TELLING and len(text) >= SHORTEST_SAID_ELSEWHERE),
        key=len,
        reverse=True,
    )
    if elsewhere:
        pattern = re.compile("|".join(re.escape(text) for text in elsewhere), re.IGNORECASE)
        content = _said_elsewhere(content, pattern)
    return Washed(content, washing.said)


class _Washing:
    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self.said: dict[tuple[str, str], str | None] = {}

    def container(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._field(key, content) for key, content in value.items()}
        if isinstance(value, list):
            return [self.container(content) for content in value]
        return self._text(value)

    def _field(self, key: str, value: Any) -> Any:
        kind = kinds().get(key)
        if value is None or kind == "catalogue":
            return value
        if key == "metadata" and isinstance(value, dict):
            return {name: self._metadata(name, content) for name, content in value.items()}
        if kind == "whole":
            self._collect(value)
            return [] if isinstance(value, list) else {} if isinstance(value, dict) else None
        if kind == "address" and isinstance(value, dict):
            self._note_lines(value)
            return {name: content if name == "country" else None for name, content in value.items()}
        if isinstance(value, dict | list):
            return self.container(value)
        return self._taken(kind, value) if kind is not None and isinstance(value, str) else self._text(value)

    def _taken(self, kind: str, text: str) -> str | None:
        """What takes the place of a text that identifies somebody."""
        if text in ("", MARK):
            return text
        if kind == "email" and ADDRESS.fullmatch(text.strip()):
            return self._pseudonym(text)
        self._find_addresses(text)
        left = MARK if kind in ("name", "email") else None
        self.said[kind, text] = left
        return left

    def _metadata(self, key: str, value: Any) -> Any:
        if isinstance(value, str) and is_telling_key(key) and value not in ("", MARK) and "@" not in value:
            self.said["name", value] = MARK
            return MARK
        return self.container(value)

    def _note_lines(self, address: Mapping[str, Any]) -> None:
        for line in _LINES:
            if isinstance(address.get(line), str) and address[line]:
                self.said["address", address[line]] = None

    def _text(self, value: Any) -> Any:
        if not isinstance(value, str) or "@" not in value:
            return value
        self._find_addresses(value)
        return self._pseudonyms.within(value)

    def _collect(self, value: Any) -> None:
        """Notes what is emptied as a whole, so that it is found elsewhere too."""
        if isinstance(value, dict):
            for key, content in value.items():
                kind = kinds().get(key)
                if kind in TELLING and isinstance(content, str) and content:
                    self._taken(str(kind), content)
                else:
                    self._collect(content)
        elif isinstance(value, list):
            for content in value:
                self._collect(content)
        elif isinstance(value, str):
            self._find_addresses(value)

    def _find_addresses(self, text: str) -> None:
        for match in ADDRESS.finditer(text):
            self._pseudonym(match[0])

    def _pseudonym(self, address: str) -> str:
        pseudonym = self._pseudonyms.of(address)
        if not is_erased(address):
            self.said["email", address] = pseudonym
        return pseudonym


def _said_elsewhere(value: Any, pattern: re.Pattern[str], key: str = "") -> Any:
    """The same without the names, numbers and lines that stood in fields of their own.

    In sentences and metadata only: a company may be called what a status is called.
    """
    if kinds().get(key) == "catalogue":
        return value
    if isinstance(value, dict):
        within = key if key == "metadata" else ""
        return {name: _said_elsewhere(content, pattern, within or name) for name, content in value.items()}
    if isinstance(value, list):
        return [_said_elsewhere(content, pattern, key) for content in value]
    is_text = isinstance(value, str) and (key == "metadata" or " " in value)
    return pattern.sub(MARK, value) if is_text else value
