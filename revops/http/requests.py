"""Request ids: one per request, on the answer, and on every log line that is written meanwhile."""

from __future__ import annotations

import itertools
import re
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"x-request-id"
# What another system may choose goes into logs and back into headers, so it is short and plain.
_PLAIN = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """Takes over `X-Request-Id` where the caller sent a plain one, else makes one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Unique without asking the system for randomness at every request.
        self._prefix, self._numbers = uuid.uuid4().hex[:20], itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given(scope) or f"{self._prefix}{next(self._numbers):012x}".encode()
        # The server runs each request in a task, and so in a context, of its own.
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (HEADER, request_id)]}
            await send(message)

        await self._app(scope, receive, send_with_id)


def _given(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == HEADER:
            return bytes(value) if _PLAIN.fullmatch(value) else None
    return None
