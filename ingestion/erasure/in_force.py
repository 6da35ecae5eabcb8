"""The erasures that hold while something lands: set once per landing, asked wherever an object becomes a version.

A context variable and not an argument, because every way in, now and later, ends at `objects.version`: a new one cannot
forget to ask.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ingestion.erasure.erased import Erased

_in_force: ContextVar[Erased | None] = ContextVar("leaks_erasures_in_force", default=None)


def current() -> Erased | None:
    """Whose data must not land now; None where nobody was erased."""
    return _in_force.get()


def kept_text(raw: str) -> str:
    """What of a text that could not be understood may be kept now."""
    erased = current()
    return raw if erased is None else erased.text(raw)


@contextmanager
def in_force(erased: Erased | None) -> Iterator[None]:
    """Within this, what lands is stripped of these erased customers."""
    token = _in_force.set(erased)
    try:
        yield
    finally:
        _in_force.reset(token)
