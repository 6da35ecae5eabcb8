"""Runs the stand-in: in a thread for tests, in the foreground for the command."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn

from sandbox.serving import HOST, Server, listen
from sandbox.stripe.faults import Gate

from .app import Api, Exchange, application
from .faults import Faults, Kind
from .workspace import Workspace, furnished


class Running:
    """A Linear that answers at `url`; `api_url` is what an app takes for https://api.linear.app/graphql."""

    def __init__(self, workspace: Workspace, faults: Faults, api: Api) -> None:
        self.url = workspace.url
        self.api_url = f"{workspace.url}/graphql"
        self.workspace = workspace
        self.faults = faults
        self._api = api

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every request to the API with its answer, oldest first."""
        return tuple(self._api.exchanges)

    def begin_anew(self) -> None:
        """As if it had just been started: no issue, no fault, nothing noted."""
        self.workspace.begin_anew()
        self.faults.clear()
        self._api.exchanges.clear()

    def fail_next(self, operation: str, kind: Kind, **how: Any) -> Gate | None:
        """Let the next requests with an operation fail; see Faults.fail_next."""
        return self.faults.fail_next(operation, kind, **how)


@contextmanager
def running(*, port: int = 0, api_key: str | None = None) -> Iterator[Running]:
    """Serve a workspace from a thread of this process while the block runs; port 0 takes a free one."""
    with listen(port) as listener:
        one, server = _made(f"http://{HOST}:{listener.getsockname()[1]}", api_key)
        listener.listen(128)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield one
        finally:
            server.should_exit = True
            thread.join()


def serve(port: int = 0, *, api_key: str | None = None, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve a workspace until SIGTERM or SIGINT. Writes address and key to stderr.

    `on_ready` is told the address before that. Raises OSError for a port in use.
    """
    with listen(port) as listener:
        one, server = _made(f"http://{HOST}:{listener.getsockname()[1]}", api_key)

        def stop(_number: int, _frame: FrameType | None) -> None:
            server.should_exit = True

        # Whoever reads the address below may ask at once.
        listener.listen(128)
        previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            if on_ready is not None:
                on_ready(one.url)
            sys.stderr.write(_words(one, is_key_new=api_key is None))
            sys.stderr.flush()
            server.run(sockets=[listener])
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _made(url: str, api_key: str | None) -> tuple[Running, Server]:
    workspace, faults = furnished(url, api_key=api_key), Faults()
    app, api = application(workspace, faults)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=1
    )
    return Running(workspace, faults, api), Server(config)


def _words(one: Running, *, is_key_new: bool) -> str:
    lines = [f"Linear sandbox at {one.url}"]
    if is_key_new:
        lines += [
            "Settings of an app in it:",
            f"  LINEAR_API_BASE={one.api_url}",
            f"  LINEAR_API_KEY={one.workspace.api_key}",
        ]
    return "\n".join(lines) + "\n"
