"""Who uses the SQLite files: everybody who has them open shares a lock, replacing or migrating them takes it alone.

The kernel frees it when a process ends, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from revops.store.errors import StoreUnavailableError

_NAME = "store.lock"


@contextmanager
def alone(home: Path, *, is_waiting: bool = False) -> Iterator[None]:
    """Hold the store of a home alone. Raises StoreUnavailableError where others have it open, unless waiting."""
    home.mkdir(parents=True, exist_ok=True)
    handle = _open(home)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if is_waiting else fcntl.LOCK_EX | fcntl.LOCK_NB)
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
    handle = _open(home)
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def _open(home: Path) -> int:
    return os.open(home / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
