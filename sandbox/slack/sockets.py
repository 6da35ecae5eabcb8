"""Socket Mode: the app connects to us, and what people do goes to it in envelopes that it acknowledges.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from .workspace import Workspace


class NoAppConnectedError(Exception):
    """No app has a connection open."""


class Sockets:
    """The connections of the app. All of it happens on the server's event loop."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def ticket(self) -> str:
        """The query of a WebSocket address that works once."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"/link/?ticket={ticket}&app_id={self._workspace.app_id}"

    async def serve(self, socket: WebSocket) -> None:
        """Hold one connection until the app closes it."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(4401)
            return
        self._tickets.remove(ticket)
        await socket.accept()
        self._open.append(socket)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self._open),
                "connection_info": {"app_id": self._workspace.app_id},
                "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
            }
        )
        try:
            while True:
                self._acknowledge(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._open.remove(socket)

    async def send(self, kind: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Send an envelope to one connection; what the acknowledgement carries. Raises NoAppConnectedError.

        Waits until the app acknowledges: the caller sets the limit.
        """
        if not self._open:
            raise NoAppConnectedError
        envelope_id = secrets.token_hex(16)
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = waiting
        envelope = {"envelope_id": envelope_id, "type": kind, "accepts_response_payload": True, "payload": payload}
        try:
            await self._open[-1].send_json({**envelope, **more})
            return await waiting
        finally:
            del self._waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to come again, as Slack does every few hours."""
        for socket in list(self._open):
            await socket.send_json({"type": "disconnect", "reason": reason})
            await socket.close(1000)

    def _acknowledge(self, text: str) -> None:
        try:
            given = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(given.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(given.get("payload") or {})
