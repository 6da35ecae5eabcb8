"""Linear's filters and pages, over what a workspace holds. Source: https://linear.app/developers/filtering."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .errors import invalid

_COMPARATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "neq": lambda value, wanted: value != wanted,
    "in": lambda value, wanted: value in wanted,
    "nin": lambda value, wanted: value not in wanted,
    "eqIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
}
_FIRST, _MOST = 50, 250


def matches(given: Mapping[str, Any] | None, facts: Mapping[str, Any] | None) -> bool:
    """Whether a filter lets something through. `facts` is None for a relation that is not there."""
    for name, wanted in (given or {}).items():
        if name == "and":
            found = all(matches(one, facts) for one in wanted)
        elif name == "or":
            found = any(matches(one, facts) for one in wanted)
        elif name == "null":
            found = (facts is None) == wanted
        elif facts is None:
            found = False
        elif set(wanted) <= set(_COMPARATORS):
            found = all(_compare(name, how, facts[name], what) for how, what in wanted.items())
        else:
            found = matches(wanted, facts[name])
        if not found:
            return False
    return True


def page(nodes: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """A connection: the nodes after a cursor, which is an id. Archived ones only where they are asked for."""
    first = given.get("first") or _FIRST
    if not 0 < first <= _MOST:
        raise invalid(f"first must be between 1 and {_MOST}.")
    shown = [one for one in nodes if given.get("includeArchived") or not one.get("archivedAt")]
    ids = [one["id"] for one in shown]
    after = given.get("after")
    if after is not None and after not in ids:
        raise invalid("after is no cursor of this list.")
    start = ids.index(after) + 1 if after is not None else 0
    some = shown[start : start + first]
    return {
        "nodes": some,
        "pageInfo": {
            "startCursor": some[0]["id"] if some else None,
            "endCursor": some[-1]["id"] if some else None,
            "hasNextPage": start + first < len(shown),
            "hasPreviousPage": start > 0,
        },
    }


def _compare(name: str, how: str, value: Any, wanted: Any) -> bool:
    if name == "id":
        for one in wanted if isinstance(wanted, list) else [wanted]:
            try:
                uuid.UUID(one)
            except ValueError as error:
                raise invalid("id must be a UUID.") from error
    return _COMPARATORS[how](value, wanted)
