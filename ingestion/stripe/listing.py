"""Reads lists whole, by windows of `created`, newest first and side by side.

How large an account is, is not known before: a window's first page tells how dense it is, and what remains is split
into as many windows as keep every connection busy. A window without a beginning goes back in growing steps. Windows
never share an object: after a split the first page keeps only what was created later than its last row's second.
"""

import asyncio
import itertools
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ingestion.errors import PermissionMissingError
from ingestion.progress import Progress
from ingestion.stripe.client import CONNECTIONS, PAGE_ROWS, Answer, StripeReader, complete_sublists, run_together
from ingestion.stripe.resources import Resource

BEGINNING = 0
SPLIT_FROM_ROWS = 5 * PAGE_ROWS
ROWS_PER_SPLIT = 50 * PAGE_ROWS
MOST_SPLITS = 16
# How far a window without a beginning goes back, in windows of the size just seen; what is older is the last window.
STEPS_BACK = (1, 2, 4, 8)


@dataclass(frozen=True, order=True)
class Window:
    """Objects created from `start` (inclusive) to `end` (exclusive), in seconds since 1970; 0 is the beginning."""

    start: int
    end: int


class Taker(Protocol):
    """Takes the pages of one window; `read_at` is naive UTC by Stripe's clock."""

    def take(self, page: list[dict[str, Any]], read_at: datetime) -> None: ...


class Sink(Protocol):
    """Opens a taker per window; leaving it without an error makes the window count as read."""

    def open(self, resource: Resource, window: Window, /) -> AbstractContextManager[Taker]: ...


@dataclass
class Listing:
    """Reads `tasks` into `sink`; `switched_off` are resources that the key may not read."""

    reader: StripeReader
    sink: Sink
    progress: Progress
    title: str = "reading Stripe"
    switched_off: dict[str, PermissionMissingError] = field(default_factory=dict)
    rows: int = 0

    def __post_init__(self) -> None:
        self._queue: asyncio.PriorityQueue[tuple[int, int, Resource, Window]] = asyncio.PriorityQueue()
        self._order = itertools.count()

    async def read(self, tasks: list[tuple[Resource, Window]]) -> None:
        """Reads every window. Raises what the reader raises, but for a missing permission, which is noted."""
        for resource, window in tasks:
            self._put(resource, window)
        worker_count = min(CONNECTIONS, max(4, len(tasks)))
        workers = asyncio.create_task(run_together(worker_count, self._work))
        done = asyncio.create_task(self._queue.join())
        try:
            await asyncio.wait({workers, done}, return_when=asyncio.FIRST_COMPLETED)
            if workers.done():
                workers.result()
        finally:
            workers.cancel()
            done.cancel()
            await asyncio.gather(workers, done, return_exceptions=True)

    def _put(self, resource: Resource, window: Window) -> None:
        self._queue.put_nowait((-window.end, next(self._order), resource, window))

    async def _work(self) -> None:
        while True:
            _, _, resource, window = await self._queue.get()
            if resource.name not in self.switched_off:
                try:
                    await self._window(resource, window)
                except PermissionMissingError as error:
                    self.switched_off[resource.name] = error
            self._queue.task_done()

    async def _window(self, resource: Resource, window: Window) -> None:
        answer, page = await self._page(resource, window, None)
        has_more = bool(answer.body.get("has_more")) and bool(page)
        if has_more and resource.has_created_filter and (rest := _split(window, page)):
            window = Window(rest[0].end, window.end)
            page = [value for value in page if value["created"] >= window.start]
            has_more = False
            for part in rest:
                self._put(resource, part)
        with self.sink.open(resource, window) as taker:
            taker.take(page, answer.read_at)
            while has_more:
                answer, page = await self._page(resource, window, page[-1]["id"])
                has_more = bool(answer.body.get("has_more")) and bool(page)
                taker.take(page, answer.read_at)

    async def _page(self, resource: Resource, window: Window, after: str | None) -> tuple[Answer, list[dict[str, Any]]]:
        parameters = [("limit", str(PAGE_ROWS)), *resource.parameters]
        parameters += [("expand[]", path) for path in resource.expand]
        if resource.has_created_filter:
            parameters.append(("created[lt]", str(window.end)))
            if window.start > BEGINNING:
                parameters.append(("created[gte]", str(window.start)))
        if after is not None:
            parameters.append(("starting_after", after))
        answer = await self.reader.get(resource.path, parameters, resource)
        page: list[dict[str, Any]] = answer.body.get("data") or []
        for value in page if resource.sublists else ():
            await complete_sublists(self.reader, value, resource)
        self.rows += len(page)
        self.progress.step(self.title, self.rows, None)
        return answer, page


def _split(window: Window, page: list[dict[str, Any]]) -> list[Window]:
    """The windows, newest first, that what is left of `window` after its first page is read in.

    Empty where paging on is as good: few rows are left, or the page is of one second.
    """
    oldest = page[-1].get("created")
    newest = page[0].get("created")
    if not isinstance(oldest, int) or not isinstance(newest, int) or oldest >= newest:
        return []
    cut = oldest + 1
    seconds_per_row = (newest - oldest + 1) / len(page)
    if window.start == BEGINNING:
        edges = [cut - max(1, int(seconds_per_row * ROWS_PER_SPLIT * times)) for times in STEPS_BACK]
        edges = [cut, *(edge for edge in edges if edge > BEGINNING), BEGINNING]
        return [Window(start, end) for end, start in itertools.pairwise(edges)]
    left = (cut - window.start) / seconds_per_row
    if left < SPLIT_FROM_ROWS:
        return []
    return _even(Window(window.start, cut), min(MOST_SPLITS, max(2, int(left / ROWS_PER_SPLIT))))


def _even(window: Window, count: int) -> list[Window]:
    count = max(1, min(count, window.end - window.start))
    edges = [window.start + (window.end - window.start) * i // count for i in range(count + 1)]
    return [Window(start, end) for start, end in reversed(list(itertools.pairwise(edges)))]
