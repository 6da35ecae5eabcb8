"""Reads a company's folder for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

ANCHOR = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
LOGS = {"login", "usage", "labels"}
Payload = dict[str, Any]


class Written:
    """A company as its folder has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, name: str) -> list[Payload]:
        """The rows of one file."""
        return [json.loads(line) for line in (self.folder / f"{name}.jsonl").read_bytes().splitlines()]

    @cached_property
    def objects(self) -> dict[str, list[Payload]]:
        """All of Stripe's objects but events, by file name."""
        names = [path.stem for path in sorted(self.folder.glob("*.jsonl"))]
        return {name: self.rows(name) for name in names if name not in LOGS | {"event"}}

    @cached_property
    def events(self) -> list[Payload]:
        """The events in order of delivery."""
        return self.rows("event")

    @cached_property
    def labels(self) -> list[Payload]:
        """What was injected."""
        return self.rows("labels")

    @cached_property
    def by_id(self) -> dict[str, Payload]:
        """Every object by its id."""
        return {one["id"]: one for rows in self.objects.values() for one in rows}


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in an object, with the names that lead to it."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from strings(one, f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from strings(one, path)
    elif isinstance(value, str):
        yield path, value
