"""Request bodies, no larger and no slower than allowed."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

MAX_BODY_BYTES = 1024 * 1024
# Stripe itself gives a delivery about as long; whoever drips bytes does not hold a connection for ever.
BODY_SECONDS = 10.0


class BodyTooLargeError(Exception):
    """More than the limit was announced, or came."""


class BodyTooSlowError(Exception):
    """The body was not there in time."""


async def read_body(request: Request, *, limit: int = MAX_BODY_BYTES, seconds: float = BODY_SECONDS) -> bytes:
    """The raw body. Raises BodyTooLargeError without reading on, BodyTooSlowError, ClientDisconnect."""
    announced = request.headers.get("content-length")
    # The server has refused what is no number; it is of any length, so it is not made one.
    if announced is not None and (len(announced) > len(str(limit)) or int(announced) > limit):
        raise BodyTooLargeError
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, limit)
    except TimeoutError as error:
        raise BodyTooSlowError from error


async def _read(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLargeError
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
