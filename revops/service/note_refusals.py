"""Note refusals: refused deliveries in the logs and the security log, a few lines a minute however many come.

Whoever has no secret must not be able to fill our disk: refusals are counted per reason, tenant and address, shown once
at once, and written down as a count every minute, for a limited number of addresses.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import structlog

from revops.domain.connect import ConnectProblem

FLUSH_SECONDS = 60.0
_MAX_KINDS = 100
_ELSEWHERE = "others"
# Of these a person may want to know who tried; the rest are mishaps or our own.
_SIGNATURE_REASONS = frozenset(("no_signature", "bad_signature", "stale_signature"))
_CONNECT_REASONS = frozenset(get_args(ConnectProblem))

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """Requests to one tenant (None: Connect, or no such tenant) refused for one reason within a minute."""

    reason: str
    tenant_id: str | None
    address: str
    times: int = 0

    @property
    def event(self) -> Literal["refused_signature", "refused_request", "refused_connect"]:
        """What the security log calls it."""
        if self.reason in _CONNECT_REASONS:
            return "refused_connect"
        return "refused_signature" if self.reason in _SIGNATURE_REASONS else "refused_request"


class Refusals:
    """Counts refusals; `record` writes them down and may wait for a disk, so it runs in a thread."""

    def __init__(self, record: Callable[[Sequence[Refused]], None]) -> None:
        self._record = record
        self._counts: Counter[Refused] = Counter()
        self._task: asyncio.Task[None] | None = None

    def add(self, reason: str, tenant_id: str | None, address: str) -> None:
        """Count one."""
        kind = Refused(reason, tenant_id, _plain(address))
        if kind not in self._counts:
            if len(self._counts) >= _MAX_KINDS:
                kind = Refused(reason, None, _ELSEWHERE)
            if kind not in self._counts:
                _log.warning("refused", reason=reason, tenant=tenant_id, address=kind.address)
        self._counts[kind] += 1

    def start(self) -> None:
        """Write down every minute until `stop`."""
        self._task = asyncio.create_task(self._keep_flushing())

    async def stop(self) -> None:
        """Write down what was counted since, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def flush(self) -> None:
        """Write down what was counted so far."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        refused = [Refused(kind.reason, kind.tenant_id, kind.address, times) for kind, times in counts.items()]
        try:
            await asyncio.to_thread(self._record, refused)
        except Exception as error:  # noqa: BLE001 - a log that cannot be written must not end the service
            _log.error("refusals_not_recorded", error=type(error).__name__, lost=counts.total())

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()


def _plain(address: str) -> str:
    """The address, or `unknown`: behind a proxy it comes from a header, which may hold anything."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return "unknown"
