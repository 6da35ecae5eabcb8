"""Runs the web service on uvicorn: uvloop, httptools, and limits on what a client may hold."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from revops.errors import RevopsError
from revops.http.app import create_app
from revops.http.protocol import LimitedProtocol
from revops.logging import configure_logging
from revops.settings import Settings, load_settings
from revops.store import open_store

# Below the usual limit of 1,024 open files; more than that is answered 503.
MAX_CONNECTIONS = 900
# Stripe keeps connections open between deliveries.
_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 20


class ListenError(RevopsError):
    """The address is taken, or is not this machine's."""


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


def serve(
    settings: Settings, host: str, port: int, *, workers: int = 1, on_ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until SIGTERM or SIGINT, then answer what is under way and end. Port 0 takes a free one.

    `on_ready` is told the address. More than one worker are processes of their own on the same socket, each with its
    own writer and its own metrics; they read the settings anew. Raises ListenError and the errors of `open_store`.
    """
    _quieten()
    listener = _listen(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    with listener:
        if workers == 1:
            _Server(server_config(create_app(settings)), lambda: on_ready(url)).run(sockets=[listener])
            return
        # What cannot work is said here, once, and not by every worker that is started again and again.
        open_store(settings, upgrade=True).close()
        config = server_config("revops.http.server:worker_app", workers=workers)
        # Listening from now on: who comes before the first worker is up waits, and is not turned away.
        listener.listen(config.backlog)
        on_ready(url)
        Multiprocess(config, [listener]).run()


def worker_app() -> FastAPI:
    """The application of a worker process, which knows nothing of its parent but the environment."""
    settings = load_settings()
    configure_logging(is_debug=settings.leaks_debug, is_service=True)
    _quieten()
    return create_app(settings)


def _quieten() -> None:
    # A warning for each malformed request: whoever sends them must not fill our disk.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # A line for each look at the schema, and /readyz looks often.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def server_config(app: FastAPI | str, *, workers: int = 1) -> uvicorn.Config:
    """How uvicorn serves the application, or the one that a factory's path names."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        http=LimitedProtocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        # Logs are ours, redacted; a line for every delivery would cost as much as storing it.
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ListenError(
            f"cannot listen on {host}:{port}: {error.strerror}. Choose another --port or --host."
        ) from error
    listener.set_inheritable(True)
    return listener
