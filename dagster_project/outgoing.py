"""What goes out: approved actions are carried out, changes are told to people, decisions are anchored.

The worker does it at once; the schedule `outgoing` does the same for whoever runs no worker, and after one that died.
A tenant's failure, of whatever kind, holds up no other and not the next turn.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event

import structlog

from ingestion.errors import WarehouseBusyError
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from revops.bootstrap_outgoing import TakingOut

POLL_SECONDS = 0.2
# Expiries, lost answers and times that have come; a decision just made is seen by the next look.
LOOK_SECONDS = 1.0
# How much of the records could be cut off unseen, at most.
ANCHOR_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 60.0
# What actions become that keep a leak from ending while they are under way.
_SETTLED = {"done", "failed", "handed_over"}

_log = structlog.get_logger(__name__)


@dataclass
class _Pause:
    """After failures, each time twice as long."""

    not_before: float = 0.0
    seconds: float = field(default=1.0)

    def failed(self) -> float:
        """Wait; returns for how long."""
        waited = self.seconds
        self.not_before = time.monotonic() + waited
        self.seconds = min(2 * waited, LONGEST_PAUSE_SECONDS)
        return waited

    def worked(self) -> None:
        """Nothing to wait for."""
        self.not_before, self.seconds = 0.0, 1.0

    @property
    def is_over(self) -> bool:
        """Whether it may be tried again."""
        return time.monotonic() >= self.not_before

    @property
    def has_failed(self) -> bool:
        """Whether it failed the last time."""
        return self.not_before > 0


class Outgoing:
    """Does what `parts` can, turn by turn; `notify` tells people what changed."""

    def __init__(self, parts: TakingOut, home: Path, notify: Callable[[], object] = lambda: None) -> None:
        self._parts = parts
        self._home = home
        self._leaks_to_end: set[str] = set()
        self._notify = notify
        self._pauses: dict[str, _Pause] = {}
        self._looked_at = 0.0
        self._anchored_at = 0.0

    def run(self, stop: Event) -> None:
        """Until `stop` is set; what is under way is ended first."""
        while not stop.wait(POLL_SECONDS):
            self.turn()

    def turn(self) -> None:
        """What is due now: messages each time, actions every second."""
        self._try("messages", self._notify)
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        self._try("store", self._actions)
        for tenant_id in sorted(self._leaks_to_end):
            self._try(f"leaks of {tenant_id}", partial(self._end_leaks, tenant_id))
        if time.monotonic() - self._anchored_at >= ANCHOR_SECONDS:
            self._anchored_at = time.monotonic()
            self._try("anchors", self._parts.anchor)
            self._try("tasks", self._parts.follow_tasks)

    def once(self) -> list[str]:
        """Everything that is due now, each tenant once; returns what failed (`tenant acme`, `messages`, ...)."""
        self._looked_at = self._anchored_at = -ANCHOR_SECONDS
        self.turn()
        self._try("messages", self._notify)
        return sorted(what for what, pause in self._pauses.items() if pause.has_failed)

    def _actions(self) -> None:
        for tenant_id in self._parts.tenants_with_actions():
            self._try(f"tenant {tenant_id}", partial(self._take_out, tenant_id))

    def _take_out(self, tenant_id: str) -> None:
        if self._parts.take_out(tenant_id).counts.keys() & _SETTLED:
            self._leaks_to_end.add(tenant_id)

    def _end_leaks(self, tenant_id: str) -> None:
        """Stripe's event may have been here before its answer: a leak does not end while an action is under way.

        Whoever has the warehouse now may have looked before the answer came, so it is looked at again after that.
        """
        with suppress(WarehouseBusyError), writer_lock(Profile(self._home, tenant_id=tenant_id), 0):
            self._parts.open_leaks(tenant_id)
            self._leaks_to_end.discard(tenant_id)

    def _try(self, what: str, act: Callable[[], object]) -> None:
        pause = self._pauses.setdefault(what, _Pause())
        if not pause.is_over:
            return
        try:
            act()
            pause.worked()
        except Exception as error:  # noqa: BLE001 - one tenant's failure, of whatever kind, must not end the others
            _log.error(
                "outgoing_failed",
                what=what,
                error=f"{type(error).__name__}: {error}",
                again_in_seconds=pause.failed(),
            )
