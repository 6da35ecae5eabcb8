"""Runs the stand-in: in a thread for tests, in the foreground for the command."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import uvicorn

from sandbox.serving import HOST, Server, listen
from sandbox.stripe.faults import Gate

from .app import application
from .faults import Faults, Kind
from .interactions import ACK_SECONDS, EVENT_RETRY_SECONDS, Interactions, Outcome
from .record import Record
from .sockets import Sockets
from .workspace import TEAM_ID, Workspace

CHANNELS = ("revenue", "finance", "support")
_Answer = TypeVar("_Answer")
# A press waits three seconds for the app, and one more for us.
_PATIENCE_SECONDS = 60.0


class _LoopServer(Server):
    """Tells which event loop it runs on."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[Any] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)


class Running:
    """A Slack that answers at `url`; `api_url` is what an app takes for https://slack.com/api/."""

    def __init__(self, parts: _Parts, url: str, server: _LoopServer) -> None:
        self.url = url
        self.api_url = f"{url}/api/"
        self.workspace = parts.workspace
        self.interactions = parts.interactions
        self.faults = parts.faults
        self.sockets = parts.sockets
        self._server = server

    @property
    def record(self) -> Record:
        """What was posted, and what people did."""
        return self.workspace.record

    def fail_next(self, method: str, kind: Kind, **how: Any) -> Gate | None:
        """Let the next calls of a method fail; see Faults.fail_next."""
        return self.faults.fail_next(method, kind, **how)

    def press(self, user: str, channel: str, ts: str, action_id: str, **chosen: Any) -> Outcome:
        """Somebody presses a button of a message."""
        return self.run(self.interactions.press(user, channel, ts, action_id, chosen))

    def submit(self, user: str, values: Mapping[str, Mapping[str, Any]]) -> Outcome:
        """Somebody sends the modal that is open for them."""
        modal = next(one for one in self.workspace.modals.values() if one.user == user)
        return self.run(self.interactions.submit(user, modal.id, values))

    def send_event(self, event: Mapping[str, Any]) -> int:
        """Send an event of the workspace; how many attempts it took, 0 where the app never took it."""
        return self.run(self.interactions.send_event(event))

    def send_again(self, payload: Mapping[str, Any], **headers: str) -> str | None:
        """Send a payload once more as it was; the trouble, if any."""
        return self.run(self.interactions.send_again(payload, **headers))

    def ask_to_reconnect(self) -> None:
        """Close every socket, as Slack does every few hours."""
        self.run(self.sockets.disconnect())

    def run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Do something on the server's event loop and wait for it."""
        assert self._server.loop is not None  # noqa: S101 - it is running
        return asyncio.run_coroutine_threadsafe(work, self._server.loop).result(_PATIENCE_SECONDS)


class _Parts:
    """A workspace and what is around it."""

    def __init__(self, record: Record, url: str, channels: Sequence[str], how: Mapping[str, Any]) -> None:
        self.workspace = Workspace(
            record,
            how.get("bot_token") or f"xoxb-{secrets.token_hex(12)}",
            how.get("app_token") or f"xapp-{secrets.token_hex(12)}",
            how.get("signing_secret") or secrets.token_hex(16),
            how.get("team_id") or TEAM_ID,
        )
        for name in channels:
            self.workspace.add_channel(name)
        self.sockets = Sockets(self.workspace)
        self.faults = Faults()
        self.interactions = Interactions(
            self.workspace,
            self.sockets,
            how.get("request_url"),
            url,
            how.get("ack_seconds", ACK_SECONDS),
            how.get("event_retry_seconds", EVENT_RETRY_SECONDS),
        )

    def server(self) -> _LoopServer:
        config = uvicorn.Config(
            application(self.workspace, self.interactions, self.sockets, self.faults),
            log_level="error",
            access_log=False,
            server_header=False,
            lifespan="off",
            # uvicorn's default speaks the websockets package's former interface, which warns.
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        return _LoopServer(config)


@contextmanager
def running(
    *, port: int = 0, channels: Sequence[str] = CHANNELS, record_path: Path | None = None, **how: Any
) -> Iterator[Running]:
    """Serve a workspace from a thread of this process while the block runs; port 0 takes a free one.

    `how` may hold `request_url`, `bot_token`, `app_token`, `signing_secret`, `team_id`, `ack_seconds` and
    `event_retry_seconds`.
    """
    with Record(record_path) as record, listen(port) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        parts = _Parts(record, url, channels, how)
        server = parts.server()
        listener.listen(128)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield _ready(Running(parts, url, server), server, thread)
        finally:
            server.should_exit = True
            thread.join()


def _ready(running: Running, server: _LoopServer, thread: threading.Thread) -> Running:
    """Wait for the loop: a test may want something of it before it has made a request."""
    pause = threading.Event()
    while not server.started and thread.is_alive():
        pause.wait(0.005)
    return running


def serve(
    port: int = 0,
    *,
    channels: Sequence[str] = CHANNELS,
    record_path: Path | None = None,
    request_url: str | None = None,
    bot_token: str | None = None,
    app_token: str | None = None,
    signing_secret: str | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a workspace until SIGTERM or SIGINT. Writes address, tokens and secret to stderr.

    `on_ready` is told the address before that. Raises OSError for a port in use.
    """
    with Record(record_path) as record, listen(port) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        given = {
            "request_url": request_url,
            "bot_token": bot_token,
            "app_token": app_token,
            "signing_secret": signing_secret,
        }
        parts = _Parts(record, url, channels, given)
        server = parts.server()

        def stop(_number: int, _frame: FrameType | None) -> None:
            server.should_exit = True

        previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            if on_ready is not None:
                on_ready(url)
            sys.stderr.write(_words(parts.workspace, url, request_url, bot_token is None))
            sys.stderr.flush()
            server.run(sockets=[listener])
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _words(workspace: Workspace, url: str, request_url: str | None, are_secrets_new: bool) -> str:
    lines = [f"Slack sandbox at {url}"]
    if are_secrets_new:
        lines += [
            "Settings of an app in it:",
            f"  SLACK_API_BASE={url}/api/",
            f"  SLACK_BOT_TOKEN={workspace.bot_token}",
            f"  SLACK_SIGNING_SECRET={workspace.signing_secret}",
            f"  SLACK_APP_TOKEN={workspace.app_token}",
        ]
    if request_url is not None:
        lines.append(f"Presses go to {request_url}")
    return "\n".join(lines) + "\n"
