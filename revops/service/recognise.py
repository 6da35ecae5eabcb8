"""Recognise: whose webhook secret signs a delivery, and which tenant a connected account belongs to.

Asked for every delivery, so the answers stand in memory and are read anew every few seconds; a secret that was
added, rolled or taken away holds after that, and Stripe sends again what was refused meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

FRESH_SECONDS = 5.0
# An unknown account is looked for at once, because a 200 for it cannot be taken back, but not for each event.
_LOOK_AGAIN_SECONDS = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Senders:
    """Who may deliver: secrets per tenant, those of Connect, and the tenant of each (mode, connected account)."""

    secrets: Mapping[str, tuple[str, ...]] = field(repr=False)
    connect_secrets: tuple[str, ...] = field(default=(), repr=False)
    accounts: Mapping[tuple[str, str], str] = field(default_factory=dict)


class Recognition:
    """What `load` told last. `load` reads the store: it runs in a thread and may raise."""

    def __init__(self, load: Callable[[], Senders]) -> None:
        self._load = load
        self._senders = load()
        self._loaded_at = time.monotonic()
        self._loading = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def connect_secrets(self) -> tuple[str, ...]:
        """Secrets that sign deliveries about connected accounts."""
        return self._senders.connect_secrets

    def secrets(self, tenant_id: str) -> tuple[str, ...] | None:
        """Secrets of a tenant, none yet perhaps; None where there is no such tenant."""
        return self._senders.secrets.get(tenant_id)

    async def tenant_of(self, mode: str, account_id: str | None) -> str | None:
        """The tenant that a connected account belongs to, or None."""
        if account_id is None:
            return None
        found = self._senders.accounts.get((mode, account_id))
        if found is None and time.monotonic() - self._loaded_at >= _LOOK_AGAIN_SECONDS:
            await self._refresh()
            found = self._senders.accounts.get((mode, account_id))
        return found

    def look_again(self) -> None:
        """Something has just changed: the next unknown account is looked for without waiting."""
        self._loaded_at = float("-inf")

    def start(self) -> None:
        """Keep fresh until `stop`."""
        self._task = asyncio.create_task(self._keep_fresh())

    async def stop(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(FRESH_SECONDS)
            await self._refresh()

    async def _refresh(self) -> None:
        async with self._loading:
            if time.monotonic() - self._loaded_at < _LOOK_AGAIN_SECONDS:
                return
            try:
                self._senders = await asyncio.to_thread(self._load)
            except Exception as error:  # noqa: BLE001 - old answers are better than none; /readyz shows the fault
                _log.error("senders_not_read", error=type(error).__name__)
            # Also after a fault: a store that is down is not asked at every event.
            self._loaded_at = time.monotonic()
