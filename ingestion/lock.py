"""One writer per warehouse: a flock, which the kernel frees even at kill -9."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.errors import WarehouseBusyError
from ingestion.profile import Profile

WAIT_SECONDS = 2.0
POLL_SECONDS = 0.1


@contextmanager
def writer_lock(profile: Profile, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Holds the warehouse from landing to publish.

    Raises WarehouseBusyError, naming the holder's process id, where another run keeps it beyond `wait_seconds`.
    """
    profile.tenant_dir.mkdir(parents=True, exist_ok=True)
    with profile.lock.open("a+") as file:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    file.seek(0)
                    holder = file.read().strip() or "unknown"
                    raise WarehouseBusyError(
                        f"another run (process {holder}) is writing to {profile.warehouse}; wait until it ends, "
                        "nothing was changed"
                    ) from None
                time.sleep(POLL_SECONDS)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()
            fcntl.flock(file, fcntl.LOCK_UN)
