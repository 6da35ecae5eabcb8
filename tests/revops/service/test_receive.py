"""The one writer: groups grow with the wait, bounds hold, and one bad row takes nobody with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from revops.domain.received import ReceivedEvent
from revops.service import receive
from revops.service.receive import Committed, NotStoredError, QueueFullError, Receiver

AT = datetime(2026, 10, 1, tzinfo=UTC)


def event(number: int, body: bytes = b"{}") -> ReceivedEvent:
    return ReceivedEvent("default", "live", "stripe", f"evt_{number}", "invoice.paid", None, None, AT, AT, body)


@dataclass
class Rows:
    """An inbox in memory, whose commits wait for `door` and that refuses some events."""

    refuses: Callable[[str], bool] = lambda _: False
    stored: list[str] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    door: threading.Event = field(default_factory=threading.Event)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self.door.set()

    def append(self, events: Sequence[ReceivedEvent]) -> list[bool]:
        self.groups.append(len(events))
        self.entered.release()
        assert self.door.wait(20)
        if any(self.refuses(event.event_id) for event in events):
            raise ValueError(f"cannot store {events[0].body!r}")
        are_new = []
        for one in events:
            are_new.append(one.event_id not in self.stored)
            if are_new[-1]:
                self.stored.append(one.event_id)
        return are_new


def run(rows: Rows, work: Callable[[Receiver], Coroutine[Any, Any, None]], **limits: Any) -> list[Committed]:
    """Work with a receiver on a loop of its own; the groups that it committed."""
    committed: list[Committed] = []

    async def main() -> None:
        receiver = Receiver(rows, on_commit=committed.append, **limits)
        receiver.start()
        try:
            await work(receiver)
        finally:
            rows.door.set()
            await receiver.close()
        assert not receiver.is_writing
        assert receiver.waiting == 0

    asyncio.run(main())
    return committed


async def entered(rows: Rows) -> None:
    """Waits until the writer stands before its commit."""
    assert await asyncio.to_thread(rows.entered.acquire, timeout=20)


def test_nothing_is_answered_before_its_commit_and_what_came_meanwhile_shares_the_next() -> None:
    rows = Rows()
    rows.door.clear()

    async def work(receiver: Receiver) -> None:
        first = receiver.receive(event(0))
        await entered(rows)
        later = [receiver.receive(event(number)) for number in range(1, 9)]
        assert receiver.waiting == 9
        assert not any(future.done() for future in (first, *later))
        rows.door.set()
        assert await asyncio.gather(first, *later) == [True] * 9

    committed = run(rows, work)
    assert rows.groups == [1, 8]
    assert [(group.events, group.new) for group in committed] == [(1, 1), (8, 8)]
    assert rows.stored == [f"evt_{number}" for number in range(9)]


def test_a_repetition_is_told_from_what_is_new() -> None:
    async def work(receiver: Receiver) -> None:
        assert await receiver.receive(event(1))
        assert not await receiver.receive(event(1))

    run(Rows(), work)


def test_a_group_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "MAX_GROUP", 3)
    rows = Rows()
    rows.door.clear()

    async def work(receiver: Receiver) -> None:
        first = receiver.receive(event(0))
        await entered(rows)
        later = [receiver.receive(event(number)) for number in range(1, 8)]
        rows.door.set()
        await asyncio.gather(first, *later)

    run(rows, work)
    assert rows.groups == [1, 3, 3, 1]


@pytest.mark.parametrize(("limits", "fit"), [({"max_events": 3}, 3), ({"max_bytes": 25}, 2)])
def test_a_full_queue_takes_no_more_until_it_is_written(limits: dict[str, int], fit: int) -> None:
    rows = Rows()
    rows.door.clear()

    async def work(receiver: Receiver) -> None:
        futures = [receiver.receive(event(number, b"x" * 10)) for number in range(fit)]
        with pytest.raises(QueueFullError, match=f"{fit} events wait"):
            receiver.receive(event(99, b"x" * 10))
        rows.door.set()
        await asyncio.gather(*futures)
        assert await receiver.receive(event(99, b"x" * 10))

    run(rows, work, **limits)
    assert "evt_99" in rows.stored


def test_one_event_always_fits() -> None:
    async def work(receiver: Receiver) -> None:
        assert await receiver.receive(event(1, b"x" * 100))

    run(Rows(), work, max_bytes=10)


def test_one_row_that_cannot_be_stored_takes_nobody_with_it() -> None:
    rows = Rows(refuses=lambda event_id: event_id == "evt_3")
    rows.door.clear()

    async def work(receiver: Receiver) -> None:
        first = receiver.receive(event(0))
        await entered(rows)
        later = [receiver.receive(event(number)) for number in range(1, 6)]
        rows.door.set()
        outcomes = await asyncio.gather(first, *later, return_exceptions=True)
        assert [outcome for outcome in outcomes if outcome is True] == [True] * 5
        assert isinstance(outcomes[3], NotStoredError)

    run(rows, work)
    assert rows.stored == [f"evt_{number}" for number in (0, 1, 2, 4, 5)]


def test_a_store_that_takes_nothing_is_not_asked_for_each_row() -> None:
    rows = Rows(refuses=lambda event_id: event_id != "evt_0")
    rows.door.clear()

    async def work(receiver: Receiver) -> None:
        first = receiver.receive(event(0))
        await entered(rows)
        later = [receiver.receive(event(number)) for number in range(1, 101)]
        rows.door.set()
        assert await first
        outcomes = await asyncio.gather(*later, return_exceptions=True)
        assert all(isinstance(outcome, NotStoredError) for outcome in outcomes)
        rows.refuses = lambda _: False
        assert await receiver.receive(event(1))

    run(rows, work)
    assert rows.groups == [1, 100, 1, 1, 1, 1]


def test_an_event_whose_request_was_given_up_is_stored_all_the_same() -> None:
    rows = Rows()
    rows.door.clear()

    async def work(receiver: Receiver) -> None:
        given_up = receiver.receive(event(1))
        await entered(rows)
        given_up.cancel()
        rows.door.set()
        assert await receiver.receive(event(2))

    run(rows, work)
    assert rows.stored == ["evt_1", "evt_2"]


def test_what_waits_is_written_before_the_writer_ends() -> None:
    rows = Rows()
    rows.door.clear()

    async def work(receiver: Receiver) -> None:
        futures = [receiver.receive(event(number)) for number in range(20)]
        closing = asyncio.create_task(receiver.close())
        rows.door.set()
        await closing
        assert await asyncio.gather(*futures) == [True] * 20

    run(rows, work)
    assert len(rows.stored) == 20


def test_what_a_database_says_of_a_row_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(receiver: Receiver) -> None:
        with pytest.raises(NotStoredError) as caught:
            await receiver.receive(event(1, b"ada@example.com"))
        assert "ada" not in str(caught.value)

    run(Rows(refuses=lambda _: True), work)
    captured = capsys.readouterr()
    assert "ValueError" in captured.out + captured.err
    assert "ada" not in captured.out + captured.err
