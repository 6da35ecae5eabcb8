"""Who uses the SQLite files of a home.

Everybody who has them open shares one lock; who replaces or migrates them takes it alone, or not at all. Making
a store where there is none has a lock of its own: somebody who waited for the first one would wait until
whoever was faster closes the store that he just made, which may be never. The kernel frees both when a process
ends, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from revops.store.errors import StoreUnavailableError

_USING = "store.lock"
_MAKING = "store.making.lock"


@contextmanager
def making(home: Path) -> Iterator[None]:
    """One at a time makes or changes the store of a home; the others wait the second that takes."""
    home.mkdir(parents=True, exist_ok=True)
    handle = _open(home, _MAKING)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the store of a home alone. Raises StoreUnavailableError where others have it open."""
    with making(home):
        handle = _open(home, _USING)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise StoreUnavailableError(
                f"The store in {home} is in use. Stop `leaks serve`, the worker and every other `leaks` of this home, "
                "then try again."
            ) from error
        finally:
            os.close(handle)


def share(home: Path) -> int:
    """Hold the store together with others; close the returned handle to let go."""
    handle = _open(home, _USING)
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def _open(home: Path, name: str) -> int:
    return os.open(home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
