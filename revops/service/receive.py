"""Receive: the one writer of the inbox, which commits events in groups.

A commit costs one wait for the disk however many rows it holds, so events that arrive while the writer waits share
the next commit: nobody waits for a timer, and throughput grows with load. Requests hand their event to a bounded
queue and learn that it is stored only after the commit has returned. Writing takes place in a thread of its own,
because the loop that serves requests must not wait for a disk.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

import structlog

from revops.domain.ports import KeepsEvents
from revops.domain.received import ReceivedEvent
from revops.errors import RevopsError

# What a burst may hold in memory before senders are told to come back.
MAX_EVENTS = 10_000
MAX_BYTES = 64 * 1024 * 1024
MAX_GROUP = 500
# Turns of the loop without an arrival after which a group is complete; one takes some ten microseconds.
_QUIET_TURNS = 1
# After so many single rows that fail one after another it is the store, not a row, that is broken.
_HOPELESS = 3

_log = structlog.get_logger(__name__)


class QueueFullError(RevopsError):
    """More is waiting to be written than may wait; the sender should come back in a moment."""


class NotStoredError(RevopsError):
    """The store refused this event, and nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Committed:
    """One group that was committed: how many events, how many of them new, and the seconds that it took."""

    events: int
    new: int
    seconds: float


@dataclass(slots=True)
class _Waiting:
    event: ReceivedEvent
    stored: asyncio.Future[bool]


_Outcome = bool | NotStoredError


class Receiver:
    """The bounded queue and its writer. Made and used on one event loop; `start` first, `close` last.

    `on_commit` is told of every group, from the writer's thread.
    """

    def __init__(
        self,
        inbox: KeepsEvents,
        *,
        max_events: int = MAX_EVENTS,
        max_bytes: int = MAX_BYTES,
        on_commit: Callable[[Committed], None] = lambda _: None,
    ) -> None:
        self._inbox = inbox
        self._max_events, self._max_bytes = max_events, max_bytes
        self._on_commit = on_commit
        # The loop collects events and hands a group over when the writer is free: threads meet once per group and not
        # once per event, which costs more than storing it.
        self._waiting: deque[_Waiting] = deque()
        self._groups: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._is_busy = self._is_closing = False
        self._events = self._bytes = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def waiting(self) -> int:
        """Events that were handed in and are not answered yet."""
        return self._events

    @property
    def is_writing(self) -> bool:
        """Whether the writer lives."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the writer; call it on the loop that will hand events in."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="inbox-writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Write what is waiting, then end the writer. Hand nothing in afterwards."""
        if self._thread is not None:
            self._is_closing = True
            self._hand_over()
            await asyncio.to_thread(self._thread.join)

    def receive(self, event: ReceivedEvent) -> asyncio.Future[bool]:
        """Hand an event in; the future tells whether it was new, once it is durable.

        Raises QueueFullError at once. The future raises NotStoredError where nothing of the event was kept.
        """
        size = len(event.body)
        # One event always fits, or one larger than all that may wait would never be taken.
        if self._events and (self._events >= self._max_events or self._bytes + size > self._max_bytes):
            raise QueueFullError(f"{self._events} events wait to be stored: send this one again in a moment")
        if self._loop is None or self._is_closing:
            raise RuntimeError("the receiver is not running")
        stored: asyncio.Future[bool] = self._loop.create_future()
        self._events += 1
        self._bytes += size
        self._waiting.append(_Waiting(event, stored))
        if not self._is_busy and len(self._waiting) == 1:
            self._loop.call_soon(self._gather, self._loop, 0, 0)
        return stored

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int, quiet_turns: int) -> None:
        """Hand over once turns of the loop bring nothing more: what comes in the same moment is one group."""
        waiting = len(self._waiting)
        if self._is_closing or waiting >= MAX_GROUP or quiet_turns > _QUIET_TURNS:
            self._hand_over()
        else:
            loop.call_soon(self._gather, loop, waiting, 0 if waiting > seen else quiet_turns + 1)

    def _hand_over(self) -> None:
        if self._is_busy:
            return
        if self._waiting:
            self._is_busy = True
            size = min(len(self._waiting), MAX_GROUP)
            self._groups.put([self._waiting.popleft() for _ in range(size)])
        elif self._is_closing:
            self._groups.put(None)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while (group := self._groups.get()) is not None:
            outcomes = self._write([waiting.event for waiting in group])
            loop.call_soon_threadsafe(self._answer, group, outcomes)

    def _write(self, events: Sequence[ReceivedEvent]) -> Sequence[_Outcome]:
        try:
            return self._store(events)
        except Exception as error:  # noqa: BLE001 - whatever it was, each event gets its own answer
            _log.error("group_not_stored", events=len(events), error=_kind(error))
        return self._write_singly(events)

    def _write_singly(self, events: Sequence[ReceivedEvent]) -> Sequence[_Outcome]:
        """One row that cannot be stored must not take its neighbours with it.

        A single event is tried again as well: a commit may have happened although its answer was lost, and what we
        hold must not be refused. It is then found to be there.
        """
        outcomes: list[_Outcome] = []
        failures = 0
        for event in events:
            if failures == _HOPELESS:
                outcomes.append(NotStoredError("the store takes nothing at the moment"))
                continue
            try:
                outcomes += self._store([event])
                failures = 0
            except Exception as error:  # noqa: BLE001 - likewise
                _log.error("event_not_stored", event_id=event.event_id, error=_kind(error))
                outcomes.append(_refusal(error))
                failures += 1
        return outcomes

    def _store(self, events: Sequence[ReceivedEvent]) -> list[bool]:
        started = time.perf_counter()
        are_new = self._inbox.append(events)
        self._on_commit(Committed(len(events), sum(are_new), time.perf_counter() - started))
        return are_new

    def _answer(self, group: Sequence[_Waiting], outcomes: Sequence[_Outcome]) -> None:
        self._is_busy = False
        for waiting, outcome in zip(group, outcomes, strict=True):
            self._events -= 1
            self._bytes -= len(waiting.event.body)
            # A request that was given up (the client went away) has a cancelled future; the row stays.
            if waiting.stored.done():
                continue
            if isinstance(outcome, NotStoredError):
                waiting.stored.set_exception(outcome)
            else:
                waiting.stored.set_result(outcome)
        # The next group waits for those who are answered now and send again at once. Handing over before answering
        # would keep the disk busier, with groups of half the size and two threads that take turns all the time:
        # measured, it stores a third less.
        if self._waiting and self._loop is not None:
            self._loop.call_soon(self._gather, self._loop, 0, 0)
        else:
            self._hand_over()


def _refusal(error: Exception) -> NotStoredError:
    refusal = NotStoredError("the store refused the event")
    refusal.__cause__ = error
    return refusal


def _kind(error: Exception) -> str:
    """The error without its text: a database's message may quote the row, and the row holds customers."""
    original = getattr(error, "orig", None)
    return f"{type(error).__name__}({type(original).__name__})" if original is not None else type(error).__name__
