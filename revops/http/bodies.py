"""Request bodies, no larger than allowed; how long one may take is the protocol's business."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

MAX_BODY_BYTES = 1024 * 1024


class BodyTooLargeError(Exception):
    """More than the limit was announced, or came."""


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """The raw body. Raises BodyTooLargeError without reading on, and ClientDisconnect."""
    announced = request.headers.get("content-length")
    # The server has refused what is no number; it is of any length, so it is not made one.
    if announced is not None and (len(announced) > len(str(limit)) or int(announced) > limit):
        raise BodyTooLargeError
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
