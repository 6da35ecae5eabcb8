"""Where steps report how far they are: whoever started the run in this process may listen."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ingestion.progress import NoProgress, Progress

_listener: ContextVar[Progress] = ContextVar("progress")


def progress() -> Progress:
    """The listener of this run, or one that shows nothing."""
    return _listener.get(NoProgress())


@contextmanager
def listening(listener: Progress) -> Iterator[None]:
    """Send the steps of runs in this block to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
