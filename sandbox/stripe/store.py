"""One account's objects, kept as bytes: a list page is a slice of them, joined.

Every table has a view per mode (live, test), sorted by creation, so that a `created` window or a cursor is
two bisections. Objects that do not say their mode are in both views.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

import orjson

from .resources import BY_TYPE, RESOURCES, Resource
from .shapes import listed, may_differ

_POSITION = attrgetter("position")


class Record:
    """One object: `body` is its unexpanded JSON, `full` the whole one where that differs.

    `position` orders records: creation time in the upper bits, order of arrival in the lower 32.
    """

    __slots__ = ("body", "full", "id", "is_deleted", "livemode", "position", "values")

    def __init__(
        self,
        object_id: str,
        position: int,
        body: bytes,
        full: bytes | None,
        values: tuple[Any, ...],
        livemode: bool | None,
        is_deleted: bool,
    ) -> None:
        self.id = object_id
        self.position = position
        self.body = body
        self.full = full
        self.values = values
        self.livemode = livemode
        self.is_deleted = is_deleted

    def payload(self) -> dict[str, Any]:
        """The whole object, parsed."""
        parsed: dict[str, Any] = orjson.loads(self.full or self.body)
        return parsed


class View:
    """The records of one mode in ascending position, with indexes by value made when first asked for.

    While an account is loaded records come in any order; they are sorted once, when first read.
    """

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._is_sorted = True
        self._was_read = False
        self._by_value: dict[int, dict[Any, list[Record]]] = {}

    @property
    def records(self) -> list[Record]:
        """All records, ascending."""
        self._was_read = True
        if not self._is_sorted:
            self._records.sort(key=_POSITION)
            self._is_sorted = True
        return self._records

    def add(self, record: Record) -> None:
        """Insert in order."""
        is_last = not self._records or self._records[-1].position < record.position
        if is_last or not self._was_read:
            self._records.append(record)
            self._is_sorted = self._is_sorted and is_last
        else:
            insort(self.records, record, key=_POSITION)
        for column, index in self._by_value.items():
            insort(index.setdefault(record.values[column], []), record, key=_POSITION)

    def remove(self, record: Record) -> None:
        """Take out a record that is in the view."""
        records = self.records
        del records[bisect_left(records, record.position, key=_POSITION)]
        for column, index in self._by_value.items():
            entries = index[record.values[column]]
            del entries[bisect_left(entries, record.position, key=_POSITION)]

    def having(self, column: int, value: Any) -> list[Record]:
        """The records whose filter value in `column` equals `value`, ascending."""
        index = self._by_value.get(column)
        if index is None:
            index = {}
            for record in self.records:
                index.setdefault(record.values[column], []).append(record)
            self._by_value[column] = index
        return index.get(value, [])


class Table:
    """All objects of one type."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.columns = {name: place for place, name in enumerate(resource.filters)}
        self.by_id: dict[str, Record] = {}
        self.live = View()
        self.test = View()
        self._arrived = 0

    def views(self, livemode: bool | None) -> Iterable[View]:
        """The views that an object of this mode belongs to."""
        if livemode is None:
            return (self.live, self.test)
        return (self.live,) if livemode else (self.test,)

    def put(self, payload: Mapping[str, Any], raw: bytes | None = None) -> Record:
        """Insert or replace an object; a replaced one keeps its place among those of its second."""
        resource = self.resource
        full: bytes | None = raw if raw is not None else orjson.dumps(payload)
        body = full or b""
        if may_differ(resource.name, body, payload, resource.embedded):
            body = orjson.dumps(listed(payload))
        if body == full:
            full = None
        object_id = payload["id"]
        previous = self.by_id.get(object_id)
        is_deleted = payload.get("deleted") is True
        livemode = payload.get("livemode")
        record = Record(
            object_id,
            self._position(payload, previous),
            body,
            full,
            tuple(one.read(payload) for one in resource.filters.values()),
            previous.livemode if previous is not None and livemode is None else livemode,
            is_deleted,
        )
        if previous is not None and not previous.is_deleted:
            for view in self.views(previous.livemode):
                view.remove(previous)
        self.by_id[object_id] = record
        if not is_deleted:
            for view in self.views(record.livemode):
                view.add(record)
        return record

    def _position(self, payload: Mapping[str, Any], previous: Record | None) -> int:
        # Invoice items say `date` instead.
        created = int(payload.get("created") or payload.get("date") or 0)
        if previous is not None and previous.position >> 32 in (created, created or previous.position >> 32):
            return previous.position
        self._arrived += 1
        return created << 32 | self._arrived


class Store:
    """The tables of one account. `lock` guards every read and change: tests change it from other threads."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tables = {resource.name: Table(resource) for resource in RESOURCES}
        self.items: dict[str, str] = {}
        self.discounts: dict[str, dict[str, Any]] = {}
        self.summaries: dict[str, dict[str, Any]] = {}
        self.account: dict[str, Any] = {}

    def put(self, payload: Mapping[str, Any], raw: bytes | None = None) -> Record | None:
        """Insert or replace an object of any served type. Raises KeyError for a type that is not served."""
        kind = payload["object"]
        if kind == "account":
            self.account = dict(payload)
            return None
        if kind == "billing.meter_event_summary":
            self.summaries[payload["id"]] = dict(payload)
            return None
        resource = BY_TYPE[kind]
        if kind == "subscription":
            self._remember_parts(payload)
        elif kind == "customer" and isinstance(payload.get("discount"), dict):
            self._remember_discounts([payload["discount"]])
        return self.tables[resource.name].put(payload, raw)

    def _remember_parts(self, subscription: Mapping[str, Any]) -> None:
        self._remember_discounts(subscription.get("discounts") or [])
        for item in (subscription.get("items") or {}).get("data") or []:
            self.items[item["id"]] = subscription["id"]
            self._remember_discounts(item.get("discounts") or [])

    def _remember_discounts(self, discounts: Iterable[Any]) -> None:
        for discount in discounts:
            if isinstance(discount, dict) and "id" in discount:
                self.discounts[discount["id"]] = discount

    def get(self, name: str, object_id: str) -> dict[str, Any] | None:
        """The whole object, or None. `name` is the resource's."""
        record = self.tables[name].by_id.get(object_id)
        return record.payload() if record is not None else None

    def find(self, object_id: str) -> tuple[Resource, Record] | None:
        """The object of any type with this id."""
        for table in self.tables.values():
            record = table.by_id.get(object_id)
            if record is not None:
                return table.resource, record
        return None

    def all(self, name: str) -> Iterator[dict[str, Any]]:
        """Every object of a resource that is not deleted, newest first, parsed one at a time."""
        table = self.tables[name]
        for record in sorted(table.by_id.values(), key=_POSITION, reverse=True):
            if not record.is_deleted:
                yield record.payload()

    def where(self, name: str, filter_name: str, value: Any) -> list[dict[str, Any]]:
        """Objects of both modes with this filter value, newest first."""
        table = self.tables[name]
        column = table.columns[filter_name]
        found: dict[str, Record] = {}
        for view in (table.live, table.test):
            found.update((record.id, record) for record in view.having(column, value))
        ordered = sorted(found.values(), key=_POSITION, reverse=True)
        return [record.payload() for record in ordered]
