"""The company's records while they are being made: objects by type, events, ids, dates."""

from __future__ import annotations

import calendar
import copy
import random
import string
from datetime import UTC, datetime
from typing import Any

DAY = 86_400
HOUR = 3_600
API_VERSION = "2026-05-27.dahlia"
_EVENTS_KEPT = 30 * DAY
_ALPHABET = string.ascii_letters + string.digits
_LENGTHS = {"cus": 14, "prod": 14, "si": 14, "coupon": 8}

Payload = dict[str, Any]


class Book:
    """Everything made so far. The same time gives the same book, to the byte."""

    def __init__(self, now: datetime) -> None:
        self.now = int(now.timestamp())
        self.random = random.Random(20_26)
        self.tables: dict[str, dict[str, Payload]] = {}
        self.events: list[Payload] = []

    def identifier(self, prefix: str) -> str:
        """A fresh id in Stripe's form."""
        letters = "".join(self.random.choices(_ALPHABET, k=_LENGTHS.get(prefix, 24)))
        return letters if prefix == "coupon" else f"{prefix}_{letters}"

    def put(self, name: str, payload: Payload) -> Payload:
        """Keep an object under its file's name and return it."""
        self.tables.setdefault(name, {})[payload["id"]] = payload
        return payload

    def emit(self, kind: str, payload: Payload, at: int, previous: Payload | None = None) -> None:
        """Note an event, with the object as it is now. Events older than 30 days are gone, as at Stripe."""
        if not self.now - _EVENTS_KEPT < at <= self.now:
            return
        data: Payload = {"object": copy.deepcopy(payload)}
        if previous is not None:
            data["previous_attributes"] = previous
        self.events.append(
            {
                "id": self.identifier("evt"),
                "object": "event",
                "api_version": API_VERSION,
                "created": at,
                "data": data,
                "livemode": payload.get("livemode", True),
                "pending_webhooks": 0,
                "request": {"id": None, "idempotency_key": None},
                "type": kind,
            }
        )

    def change(self, kind: str, payload: Payload, at: int, **changes: Any) -> None:
        """Change fields of an object and note the event with their old values."""
        previous = {name: copy.deepcopy(payload[name]) for name in changes}
        payload.update(changes)
        self.emit(kind, payload, at, previous)


def add_months(moment: int, months: int) -> int:
    """The same day and time so many months on; a day that a month lacks becomes its last."""
    start = datetime.fromtimestamp(moment, UTC)
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(years, month + 1)[1])
    return int(start.replace(year=years, month=month + 1, day=day).timestamp())
