"""What goes wrong with deliveries, on demand or for a seeded share of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

FaultKind = Literal["late", "doubled", "reordered", "dropped", "bad_signature", "old_timestamp"]


@dataclass(frozen=True, slots=True)
class WebhookFault:
    """One delivery's fault, None for a sound one. `seconds` is how late a late one is.

    A bad signature and an old timestamp spoil the first attempt; the retries are sound. Reordered means after the next.
    """

    kind: FaultKind | None
    seconds: float = 0.0


@dataclass(slots=True)
class WebhookFaults:
    """Which deliveries go wrong. Plans are used in the order in which they were made."""

    _plans: list[WebhookFault] = field(default_factory=list)
    _share: float = 0.0
    _kinds: Sequence[FaultKind] = ()
    _seconds: float = 0.0
    _random: random.Random = field(default_factory=random.Random)

    def fail_next(self, kind: FaultKind, *, times: int = 1, seconds: float = 1.0) -> None:
        """Let the next `times` deliveries go wrong."""
        self._plans += [WebhookFault(_known(kind), seconds)] * times

    def fail_randomly(self, share: float, kinds: Sequence[FaultKind], *, seed: int, seconds: float = 1.0) -> None:
        """Let this share of all deliveries go wrong; the same seed and events give the same faults."""
        self._share, self._kinds, self._seconds = share, tuple(map(_known, kinds)), seconds
        self._random = random.Random(seed)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._plans.clear()
        self._share = 0.0

    def take(self) -> WebhookFault | None:
        """The fault of the delivery at hand, if any."""
        if self._plans:
            return self._plans.pop(0)
        if self._share and self._random.random() < self._share:
            return WebhookFault(self._random.choice(self._kinds), self._seconds)
        return None


def _known(kind: FaultKind) -> FaultKind:
    if kind not in get_args(FaultKind):
        raise ValueError(f"no such fault: {kind}; there are {', '.join(get_args(FaultKind))}")
    return kind
