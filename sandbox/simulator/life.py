"""One customer's life: processes that sleep until a time, the objects they make, and the events about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from sandbox.objects import Payload

from .calendar import DAY, HOUR
from .labels import Label
from .seeds import identifier, source

if TYPE_CHECKING:
    from .customer import Customer
    from .world import World

Process = Iterator[int]
API_VERSION = "2026-05-27.dahlia"
_QUIET_DAYS = 45


class Outlet(Protocol):
    """Where a life that goes on in a running sandbox puts what it does."""

    def put(self, payload: Payload) -> None:
        """An object is new or has changed."""

    def emit(self, event_id: str, kind: str, payload: Payload, at: int, previous: Payload | None) -> None:
        """Something happened to an object."""


class Life:
    """The records of one customer. Without an outlet events are kept as bytes, ready to be written.

    Delivered events are (delivered at, bytes). The same world and number live the same life.
    """

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.random = source(world.seed, number)
        self.at = 0
        self.customer_id = self.currency = ""
        self.customers: list[Customer] = []
        self.records: dict[str, dict[str, Payload]] = {}
        self.events: list[tuple[int, bytes]] = []
        self.logins: list[tuple[int, bytes]] = []
        self.usage: list[tuple[int, bytes]] = []
        self.labels: list[Label] = []
        self.redeemed: Counter[str] = Counter()
        self.outlet: Outlet | None = None
        self._bodies: dict[str, bytes] = {}
        self._agenda: list[tuple[int, int, Process]] = []
        self._spawned = 0

    # The clock

    def spawn(self, process: Process) -> None:
        """Let a process run from now on, beside the others."""
        self._spawned += 1
        self._sleep(self._spawned, process)

    def _sleep(self, order: int, process: Process) -> None:
        wake = next(process, None)
        if wake is not None:
            heappush(self._agenda, (max(wake, self.at), order, process))

    @property
    def due(self) -> int | None:
        """When the next process wakes, or None if all have ended."""
        return self._agenda[0][0] if self._agenda else None

    def step(self) -> None:
        """Wake the next process."""
        self.at, order, process = heappop(self._agenda)
        self._sleep(order, process)

    def run(self, until: int) -> None:
        """Live on until this time, inclusive."""
        agenda = self._agenda
        while agenda and agenda[0][0] <= until:
            self.step()

    def close(self) -> None:
        """Let go of the processes, which hold the life that holds them."""
        self._agenda.clear()

    def forget(self) -> None:
        """Let go of what was written: events, and the bytes of objects."""
        self.events.clear()
        self._bodies.clear()

    # Objects and events

    def identifier(self, prefix: str) -> str:
        """A fresh id."""
        return identifier(self.random, prefix)

    def keep(self, name: str, payload: Payload) -> Payload:
        """Keep an object under its file's name and return it."""
        self.records.setdefault(name, {})[payload["id"]] = payload
        self._bodies.pop(payload["id"], None)
        if self.outlet is not None:
            self.outlet.put(payload)
        return payload

    def change(self, kind: str | None, payload: Payload, *, is_quiet: bool = False, **changes: Any) -> None:
        """Change fields of an object; with `kind` there is an event about it."""
        previous = {name: payload[name] for name, value in changes.items() if payload[name] != value}
        if not previous:
            return
        payload.update(changes)
        self._bodies.pop(payload["id"], None)
        if self.outlet is not None:
            self.outlet.put(payload)
        if kind is not None:
            self.emit(kind, payload, previous if kind.endswith(".updated") else None, is_quiet=is_quiet)

    def emit(self, kind: str, payload: Payload, previous: Payload | None = None, *, is_quiet: bool = False) -> None:
        """Something happened to an object, now.

        Of long ago only what the company kept of its webhooks is left: quiet events are those it did not ask for.
        """
        if is_quiet and self.at < self.world.anchor - _QUIET_DAYS * DAY:
            return
        event_id = self.identifier("evt")
        chance = self.random.random()
        if previous and "discounts" in previous:
            previous = {**previous, "discounts": _ids(previous["discounts"])}
        if self.outlet is not None:
            self.outlet.emit(event_id, kind, payload, self.at, previous)
            return
        body = self.body(payload)
        if previous is None:
            tail = b'},"livemode":'
        else:
            tail = b',"previous_attributes":' + orjson.dumps(previous) + b'},"livemode":'
        event = b"".join((
            b'{"id":"', event_id.encode(), b'","object":"event","api_version":"', API_VERSION.encode(),
            b'","created":', str(self.at).encode(), b',"data":{"object":', body, tail,
            b"false" if payload.get("livemode") is False else b"true",
            b',"pending_webhooks":0,"request":{"id":null,"idempotency_key":null},"type":"', kind.encode(), b'"}\n',
        ))  # fmt: skip
        self._deliver(event, chance)

    def _deliver(self, event: bytes, chance: float) -> None:
        """Most events come within seconds; some hours or days late, some twice."""
        delay = 1 + int(chance * 1_000_003) % 9
        if chance < 0.02:
            delay += int(chance * 50 * 6 * HOUR)
        elif chance < 0.023:
            delay += int((chance - 0.02) * 333 * 3 * DAY)
        elif chance < 0.033:
            self.events.append((self.at + delay + int((chance - 0.023) * 100 * HOUR), event))
        self.events.append((self.at + delay, event))

    def body(self, payload: Payload) -> bytes:
        """The object as the API shows it, serialised once for each of its states."""
        key = payload["id"]
        body = self._bodies.get(key)
        if body is None:
            shown = payload
            discounts = payload.get("discounts")
            if discounts and payload["object"] == "subscription":
                shown = {**payload, "discounts": _ids(discounts)}
            body = self._bodies[key] = orjson.dumps(shown)
        return body

    def whole(self, payload: Payload) -> bytes:
        """The object as an export has it: with what the API shows only on demand."""
        if payload["object"] == "subscription" and payload["discounts"]:
            return orjson.dumps(payload)
        return self._bodies.get(payload.get("id", "")) or orjson.dumps(payload)

    def note(self, leak_type: str, cause: str, payload_id: str, **values: Any) -> Label:
        """Note what was injected just now."""
        label = Label(
            **{
                "leak_type": leak_type,
                "cause": cause,
                "object": payload_id,
                "customer": self.customer_id,
                "currency": self.currency,
                "born_at": self.at,
                "detectable_at": None,
                **values,
            }
        )
        self.labels.append(label)
        return label


def _ids(discounts: list[Any]) -> list[str]:
    return [one["id"] if isinstance(one, dict) else one for one in discounts]
