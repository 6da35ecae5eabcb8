"""Events in the order in which they were delivered, from runs that are sorted each for itself."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

_BUFFER = 1 << 16
_LINES = 512


@dataclass(frozen=True, slots=True)
class Run:
    """A file of sorted lines: when each was delivered, and how many bytes it has."""

    path: str
    delivered: array[int]
    lengths: array[int]


def merge(runs: list[Run], target: Path) -> int:
    """Write the lines of all runs in one order; at one time the earlier run goes first. Returns their number."""
    count = 0
    with target.open("wb") as out:
        held: list[bytes] = []
        for _, line in heapq.merge(*map(_lines, runs), key=itemgetter(0)):
            held.append(line)
            count += 1
            if len(held) == _LINES:
                out.write(b"".join(held))
                held.clear()
        out.write(b"".join(held))
    return count


def _lines(run: Run) -> Iterator[tuple[int, bytes]]:
    with Path(run.path).open("rb", buffering=_BUFFER) as source:
        for at, length in zip(run.delivered, run.lengths, strict=True):
            yield at, source.read(length)
