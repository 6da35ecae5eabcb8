"""The sandbox's own time: everything the stand-in stamps or compares comes from one clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import format_datetime


class Clock:
    """Starts at a given time and ticks on with the machine; tests may freeze or move it.

    Times are whole Unix seconds, as in Stripe's objects.
    """

    def __init__(self, starts_at: datetime | None = None, *, is_frozen: bool = False) -> None:
        self._base = (starts_at or datetime.now(UTC)).timestamp()
        self._since = time.monotonic()
        self._is_frozen = is_frozen

    def now(self) -> int:
        """The current time in Unix seconds."""
        elapsed = 0.0 if self._is_frozen else time.monotonic() - self._since
        return int(self._base + elapsed)

    def freeze(self) -> None:
        """Stop ticking, so that a test can name exact times."""
        self._base = float(self.now())
        self._is_frozen = True

    def restart(self) -> None:
        """Begin ticking now at the starting time: loading an account takes seconds that are not its own."""
        self._since = time.monotonic()

    def advance(self, seconds: float) -> None:
        """Move forward by so many seconds (backward when negative)."""
        self._base += seconds

    def set_seconds(self, at: int) -> None:
        """Continue from this Unix time."""
        self._base = float(at)
        self._since = time.monotonic()

    def set(self, moment: datetime) -> None:
        """Continue from this time."""
        self._base = moment.timestamp()
        self._since = time.monotonic()

    def http_date(self) -> str:
        """The `Date` header: RFC 9110's format in GMT."""
        return format_datetime(datetime.fromtimestamp(self.now(), UTC), usegmt=True)
