"""Runs the stand-in: in a thread for tests, in the foreground for the command."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import uvicorn

from sandbox.serving import HOST, Server, listen
from sandbox.stripe.faults import Gate

from .app import application
from .certificate import Certificate, make
from .faults import Faults, Kind
from .record import Record
from .smtp import Dialogue, Taker

# `starttls` begins in the clear and asks for STARTTLS, `tls` is encrypted from the start, `none` never is.
Tls = Literal["starttls", "tls", "none"]
USERNAME = "leaks"


class Running:
    """A mail server at `host` and `smtp_port`; its page is at `url`. `ca` (PEM) is what a client has to trust."""

    def __init__(self, parts: _Parts, url: str, smtp_port: int) -> None:
        self.url = url
        self.host = HOST
        self.smtp_port = smtp_port
        self.tls = parts.tls
        self.username = parts.username
        self.password = parts.password
        self.ca = parts.certificate.pem
        self.record = parts.record
        self.faults = parts.faults

    def fail_next(self, kind: Kind, **how: Any) -> Gate | None:
        """Let the next dialogues fail; see Faults.fail_next."""
        return self.faults.fail_next(kind, **how)


class _Parts:
    """A mail server and what is around it."""

    def __init__(
        self,
        record: Record,
        tls: Tls,
        username: str | None,
        password: str | None,
        *,
        has_smtputf8: bool,
        certificate: Certificate | None,
    ) -> None:
        self.record = record
        self.tls = tls
        self.username = username
        self.password = password or (secrets.token_hex(12) if username else None)
        self.certificate = certificate or make()
        self.faults = Faults()
        self._has_smtputf8 = has_smtputf8

    def server(self, smtp: socket.socket, http_url: str) -> _BothServer:
        taker = Taker(self.record, self.faults, self.username, self.password)
        context = self.certificate.context() if self.tls != "none" else None
        how: dict[str, Any] = {
            "enable_SMTPUTF8": self._has_smtputf8,
            "tls_context": context if self.tls == "starttls" else None,
            "require_starttls": self.tls == "starttls",
            # aiosmtpd knows of STARTTLS only.
            "auth_require_tls": self.tls == "starttls",
            "auth_exclude_mechanism": ["PLAIN", "LOGIN"] if self.username is None else None,
        }
        port = smtp.getsockname()[1]

        def described() -> dict[str, Any]:
            return {"url": http_url, "host": HOST, "port": port, "tls": self.tls, "username": self.username}

        config = uvicorn.Config(
            application(self.record, self.faults, described),
            # aiosmtpd reaches into asyncio's own TLS, which uvloop does not have.
            loop="asyncio",
            log_level="error",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        return _BothServer(config, smtp, lambda: Dialogue(taker, **how), context if self.tls == "tls" else None)


class _BothServer(Server):
    """HTTP and SMTP on one event loop."""

    def __init__(
        self, config: uvicorn.Config, smtp: socket.socket, dialogue: Callable[[], Dialogue], context: Any
    ) -> None:
        super().__init__(config)
        self._listener = smtp
        self._dialogue = dialogue
        self._context = context
        self._smtp: asyncio.Server | None = None
        self._open: list[Dialogue] = []

    async def startup(self, sockets: list[Any] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._smtp = await loop.create_server(self._begin, sock=self._listener, ssl=self._context)
        await super().startup(sockets)

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        if self._smtp is not None:
            self._smtp.close()
            for dialogue in self._open:
                dialogue.end()
            await self._smtp.wait_closed()
        await super().shutdown(sockets)

    def _begin(self) -> Dialogue:
        self._open = [one for one in self._open if one.transport is not None]
        dialogue = self._dialogue()
        self._open.append(dialogue)
        return dialogue


@contextmanager
def running(
    *,
    port: int = 0,
    smtp_port: int = 0,
    tls: Tls = "starttls",
    username: str | None = USERNAME,
    password: str | None = None,
    record_path: Path | None = None,
    has_smtputf8: bool = True,
    certificate: Certificate | None = None,
) -> Iterator[Running]:
    """Serve from a thread of this process while the block runs; port 0 takes a free one.

    Nobody signs in where `username` is None; a password is made up unless it is given.
    """
    with Record(record_path) as record, listen(port) as http, listen(smtp_port) as smtp:
        parts = _Parts(record, tls, username, password, has_smtputf8=has_smtputf8, certificate=certificate)
        url = f"http://{HOST}:{http.getsockname()[1]}"
        server = parts.server(smtp, url)
        # The sockets listen before the thread does anything, so a first request only waits, never fails.
        http.listen(128)
        smtp.listen(128)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [http]}, daemon=True)
        thread.start()
        try:
            yield Running(parts, url, smtp.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def serve(
    port: int = 0,
    smtp_port: int = 0,
    *,
    tls: Tls = "starttls",
    username: str | None = USERNAME,
    password: str | None = None,
    record_path: Path | None = None,
    ca_path: Path | None = None,
    on_ready: Callable[[Running], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Writes addresses and settings to stderr.

    The certificate to trust is written to `ca_path`, if one is given; `on_ready` is told everything before the first
    answer. Raises OSError for a port in use.
    """
    with Record(record_path) as record, listen(port) as http, listen(smtp_port) as smtp:
        parts = _Parts(record, tls, username, password, has_smtputf8=True, certificate=None)
        url = f"http://{HOST}:{http.getsockname()[1]}"
        server = parts.server(smtp, url)
        http.listen(128)
        smtp.listen(128)
        running = Running(parts, url, smtp.getsockname()[1])

        def stop(_number: int, _frame: FrameType | None) -> None:
            server.should_exit = True

        previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            if ca_path is not None:
                ca_path.write_bytes(running.ca)
            if on_ready is not None:
                on_ready(running)
            sys.stderr.write(_words(running, ca_path, is_password_new=password is None))
            sys.stderr.flush()
            server.run(sockets=[http])
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _words(running: Running, ca_path: Path | None, *, is_password_new: bool) -> str:
    lines = [
        f"Mail sandbox at {running.url}",
        "Settings of whoever sends to it:",
        f"  SMTP_HOST={running.host}",
        f"  SMTP_PORT={running.smtp_port}",
        f"  SMTP_TLS={running.tls}",
    ]
    if running.username is not None:
        lines.append(f"  SMTP_USERNAME={running.username}")
        if is_password_new:
            lines.append(f"  SMTP_PASSWORD={running.password}")
    if ca_path is not None:
        lines.append(f"  SMTP_CA_FILE={ca_path}")
    return "\n".join(lines) + "\n"
