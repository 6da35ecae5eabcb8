"""The web service on a disk whose commits take 4 ms longer: `python -m tests.bench.slow_commit`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from revops.domain.received import ReceivedEvent
from revops.http.server import serve
from revops.logging import configure_logging
from revops.settings import load_settings
from revops.store.inbox import Inbox

COMMIT_SECONDS = 0.004


def _main() -> None:
    append = Inbox.append

    def slow(inbox: Inbox, events: Sequence[ReceivedEvent]) -> list[bool]:
        are_new = append(inbox, events)
        time.sleep(COMMIT_SECONDS)
        return are_new

    Inbox.append = slow  # type: ignore[method-assign]
    configure_logging(is_service=True)
    serve(load_settings(), "127.0.0.1", 0, on_ready=lambda url: print(f"Listening on {url}", flush=True))


if __name__ == "__main__":
    _main()
