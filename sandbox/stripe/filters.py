"""List filters: what a query parameter reads from an object and when the object passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .parameters import BOOLEAN, RANGE, STRING, STRINGS, Kind, Parameter

Read = Callable[[Mapping[str, Any]], Any]
Test = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """`read` runs once when an object is loaded; `test(wanted, value)` runs per listed object.

    `is_key` marks plain equality, which an index answers without looking at every object.
    """

    parameter: Parameter
    read: Read
    test: Test
    is_key: bool = False


def at(path: str) -> Read:
    """A reader of a dotted path; an expanded object counts as its id."""
    steps = path.split(".")

    def read(payload: Mapping[str, Any]) -> Any:
        value: Any = payload
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return value["id"] if isinstance(value, dict) and "id" in value else value

    return read


def _same(wanted: Any, value: Any) -> bool:
    return bool(wanted == value)


def inside(wanted: int | Mapping[str, int], value: Any) -> bool:
    """True if a time lies in the window, which is one second or gt, gte, lt, lte."""
    if value is None:
        return False
    if isinstance(wanted, int):
        return bool(value == wanted)
    return not (
        ("gt" in wanted and value <= wanted["gt"])
        or ("gte" in wanted and value < wanted["gte"])
        or ("lt" in wanted and value >= wanted["lt"])
        or ("lte" in wanted and value > wanted["lte"])
    )


def equals(path: str) -> Filter:
    """The field is exactly this string."""
    return Filter(STRING, at(path), _same, is_key=True)


def choice(path: str, allowed: tuple[str, ...], test: Test = _same) -> Filter:
    """The field is this one of Stripe's enumerated values."""
    return Filter(Parameter("choice", choices=allowed), at(path), test, is_key=test is _same)


def flag(path: str) -> Filter:
    """The boolean field has this value; null counts as false."""
    return Filter(BOOLEAN, at(path), lambda wanted, value: wanted == bool(value))


def between(path: str) -> Filter:
    """The time lies in a window."""
    return Filter(RANGE, at(path), inside)


def derived(kind: Kind, read: Read) -> Filter:
    """A value that has to be computed, e.g. because its place depends on the API version."""
    if kind == "range":
        return Filter(RANGE, read, inside)
    return Filter(Parameter(kind), read, _same, is_key=kind == "string")


def contains(read: Read) -> Filter:
    """The computed tuple has this member."""
    return Filter(STRING, read, lambda wanted, values: wanted in values)


def one_of(path: str, *, patterns: bool = False) -> Filter:
    """The field is one of the strings; with `patterns`, `*` stands for anything."""
    if patterns:
        return Filter(STRINGS, at(path), lambda wanted, value: any(fnmatchcase(value, one) for one in wanted))
    return Filter(STRINGS, at(path), lambda wanted, value: value in wanted)


def wildcard(path: str) -> Filter:
    """The field matches a name in which `*` stands for anything."""
    return Filter(STRING, at(path), lambda wanted, value: fnmatchcase(value, wanted))


def is_set(path: str, *, absent: bool = False) -> Filter:
    """Boolean parameter about whether a field has a value (`absent`: has none)."""
    read = at(path)
    return Filter(BOOLEAN, lambda payload: bool(read(payload)) != absent, _same)


def nested(path: str, key: str, *, also: tuple[str, ...] = (), kind: Kind = "boolean") -> Filter:
    """A parameter that is itself a hash, `recurring[interval]=month`: every given key must agree."""
    children = {name: Parameter(kind if name == key else "string") for name in (key, *also)}
    whole = at(path)

    def test(wanted: Mapping[str, Any], value: Any) -> bool:
        return isinstance(value, Mapping) and all(value.get(name) == given for name, given in wanted.items())

    def read(payload: Mapping[str, Any]) -> Any:
        found = whole(payload)
        return {name: found.get(name) for name in children} if isinstance(found, Mapping) else None

    return Filter(Parameter("hash", children=children), read, test)
