"""Failures on demand: the next requests to a path, or a seeded share of all, go wrong in a chosen way."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

Kind = Literal["500", "503", "429", "slow", "malformed", "truncated", "closed", "held"]
_POLL_SECONDS = 0.005


class Gate:
    """Holds requests until released. `reached` is set when one arrived."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._released = threading.Event()

    def release(self) -> None:
        """Let the held requests go on."""
        self._released.set()

    async def wait(self) -> None:
        """Stand still until released; the server goes on serving others."""
        self.reached.set()
        while not self._released.is_set():
            await asyncio.sleep(_POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure. `after_execution` lets the request take effect first, so that only the answer is lost."""

    kind: Kind
    after_execution: bool = False
    seconds: float = 0.0
    retry_after: int = 1
    gate: Gate | None = None


@dataclass(slots=True)
class _Plan:
    method: str | None
    path: str
    fault: Fault
    left: int


@dataclass(slots=True)
class Faults:
    """What is to fail. Plans are used in the order in which they were made."""

    _plans: list[_Plan] = field(default_factory=list)
    _share: float = 0.0
    _kinds: Sequence[Kind] = ()
    _random: random.Random = field(default_factory=random.Random)

    def fail_next(
        self,
        path: str,
        kind: Kind,
        *,
        times: int = 1,
        method: str | None = None,
        after_execution: bool = False,
        seconds: float = 0.2,
        retry_after: int = 1,
    ) -> Gate | None:
        """Let the next `times` requests to `path` (`*` stands for anything) fail.

        `held` returns a Gate and lets requests wait at it. `seconds` is how long `slow` takes.
        """
        if kind not in get_args(Kind):
            raise ValueError(f"no such fault: {kind}; there are {', '.join(get_args(Kind))}")
        gate = Gate() if kind == "held" else None
        fault = Fault(kind, after_execution, seconds, retry_after, gate)
        self._plans.append(_Plan(method, path, fault, times))
        return gate

    def fail_randomly(self, share: float, kinds: Sequence[Kind], *, seed: int) -> None:
        """Let this share of all requests fail; the same seed and requests give the same failures."""
        self._share, self._kinds, self._random = share, tuple(kinds), random.Random(seed)

    def clear(self) -> None:
        """Nothing fails any more."""
        self._plans.clear()
        self._share = 0.0

    def take(self, method: str, path: str) -> Fault | None:
        """The failure for this request, if any."""
        for plan in self._plans:
            if plan.method in (None, method) and fnmatchcase(path, plan.path):
                plan.left -= 1
                if plan.left <= 0:
                    self._plans.remove(plan)
                return plan.fault
        if self._share and self._random.random() < self._share:
            return Fault(self._random.choice(self._kinds), seconds=0.05)
        return None
