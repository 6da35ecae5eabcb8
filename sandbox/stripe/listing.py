"""List endpoints: newest first, cursors, `created` windows and filters, without parsing an object."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

import orjson

from .errors import StripeError, missing
from .filters import Test
from .parameters import RANGE, STRING, STRINGS, Parameter
from .resources import Resource
from .store import Record, Table

_POSITION = attrgetter("position")
_DEFAULT_LIMIT = 10
PAGING: Mapping[str, Parameter] = {
    "limit": Parameter("integer", minimum=1, maximum=100),
    "starting_after": STRING,
    "ending_before": STRING,
    "expand": STRINGS,
}
_END_OF_TIME = 1 << 63


def parameters(resource: Resource) -> dict[str, Parameter]:
    """Everything a resource's list endpoint takes."""
    allowed = {**PAGING, **{name: one.parameter for name, one in resource.filters.items()}}
    if resource.created_window:
        allowed["created"] = RANGE
    return allowed


def page(
    table: Table, given: Mapping[str, Any], *, livemode: bool, window: tuple[int, int] | None = None
) -> tuple[list[Record], bool]:
    """The records of one page and whether more follow. `window` narrows `created` (inclusive seconds)."""
    view = table.live if livemode else table.test
    records, tests = _narrowed(table, view.records, view.having, given)
    low, high = _bounds(records, given.get("created"), window)
    limit = given.get("limit", _DEFAULT_LIMIT)
    if "starting_after" in given and "ending_before" in given:
        raise StripeError(400, "You may only specify one of these parameters: starting_after, ending_before.")
    if "ending_before" in given:
        cursor = _cursor(table, given["ending_before"], "ending_before")
        low = max(low, bisect_right(records, cursor, key=_POSITION))
        taken, more = _take(records, range(low, high), tests, limit)
        return taken[::-1], more
    if "starting_after" in given:
        cursor = _cursor(table, given["starting_after"], "starting_after")
        high = min(high, bisect_left(records, cursor, key=_POSITION))
    return _take(records, range(high - 1, low - 1, -1), tests, limit)


def _narrowed(
    table: Table,
    everything: list[Record],
    having: Callable[[int, Any], list[Record]],
    given: Mapping[str, Any],
) -> tuple[list[Record], list[Callable[[tuple[Any, ...]], bool]]]:
    records = everything
    is_indexed = False
    tests: list[Callable[[tuple[Any, ...]], bool]] = []
    for name, one in table.resource.filters.items():
        if name not in given:
            continue
        column, wanted = table.columns[name], given[name]
        if one.is_key and not is_indexed:
            records, is_indexed = having(column, wanted), True
        else:
            tests.append(partial(_passes, one.test, wanted, column))
    default = table.resource.default_view
    if default is not None and "status" not in given:
        tests.append(default)
    return records, tests


def _passes(test: Test, wanted: Any, column: int, values: tuple[Any, ...]) -> bool:
    return test(wanted, values[column])


def _bounds(records: list[Record], created: Any, window: tuple[int, int] | None) -> tuple[int, int]:
    first, last = window or (0, _END_OF_TIME >> 32)
    if isinstance(created, int):
        first, last = max(first, created), min(last, created)
    elif created:
        first = max(first, created.get("gte", 0), created.get("gt", -1) + 1)
        last = min(last, created.get("lte", last), created.get("lt", last + 1) - 1)
    if (first, last) == (0, _END_OF_TIME >> 32):
        return 0, len(records)
    low = bisect_left(records, first << 32, key=_POSITION)
    return low, max(low, bisect_left(records, (last + 1) << 32, key=_POSITION))


def _cursor(table: Table, object_id: str, param: str) -> int:
    record = table.by_id.get(object_id)
    if record is None:
        raise missing(table.resource.noun, object_id, param, status=400)
    return record.position


def _take(
    records: list[Record], places: range, tests: list[Callable[[tuple[Any, ...]], bool]], limit: int
) -> tuple[list[Record], bool]:
    if not tests:
        chosen = places[:limit]
        return [records[place] for place in chosen], len(places) > limit
    taken: list[Record] = []
    for place in places:
        record = records[place]
        if all(test(record.values) for test in tests):
            if len(taken) == limit:
                return taken, True
            taken.append(record)
    return taken, False


def joined(bodies: Iterable[bytes], has_more: bool, url: str) -> bytes:
    """A list object around bodies that are JSON already."""
    return b"".join(
        (
            b'{"object":"list","data":[',
            b",".join(bodies),
            b'],"has_more":true,"url":' if has_more else b'],"has_more":false,"url":',
            orjson.dumps(url),
            b"}",
        )
    )


def parts(items: list[dict[str, Any]], given: Mapping[str, Any], noun: str) -> tuple[list[dict[str, Any]], bool]:
    """A page of objects that belong to a parent (lines, items), in the order they have there."""
    places = {item["id"]: place for place, item in enumerate(items)}
    limit = given.get("limit", _DEFAULT_LIMIT)

    def place(param: str) -> int:
        if given[param] not in places:
            raise missing(noun, given[param], param, status=400)
        return places[given[param]]

    if "starting_after" in given:
        items = items[place("starting_after") + 1 :]
    elif "ending_before" in given:
        before = items[: place("ending_before")]
        return before[-limit:], len(before) > limit
    return items[:limit], len(items) > limit


SUMMARY_PARAMETERS: Mapping[str, Parameter] = {
    **PAGING,
    "customer": Parameter(required=True),
    "start_time": Parameter("integer", required=True),
    "end_time": Parameter("integer", required=True),
    "value_grouping_window": Parameter("choice", choices=("day", "hour")),
}
ITEM_PARAMETERS: Mapping[str, Parameter] = {**PAGING, "subscription": Parameter(required=True)}
