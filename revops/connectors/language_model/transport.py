"""HTTP to a language model: to one address, with an end to what is read."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2


@dataclass
class Client:
    """A client, and why it ended a request by itself, if it did."""

    http: httpx2.AsyncClient
    transport: "_Limited"

    @property
    def is_too_much(self) -> bool:
        """Whether an answer was longer than it may be."""
        return self.transport.is_too_much

    @property
    def redirect(self) -> int | None:
        """The status with which another address was named."""
        return self.transport.redirect


@asynccontextmanager
async def client(seconds: float, most_bytes: int) -> AsyncGenerator[Client]:
    """A client that follows no redirect: the question and the key are for nobody else."""
    transport = _Limited(most_bytes)
    timeout = httpx2.Timeout(seconds, connect=min(5.0, seconds))
    # Unpacked, a small answer could be large.
    headers = {"Accept-Encoding": "identity"}
    async with httpx2.AsyncClient(
        transport=transport, timeout=timeout, headers=headers, follow_redirects=False
    ) as http:
        yield Client(http, transport)


class _Limited(httpx2.AsyncHTTPTransport):
    """Reads answers up to a size, and none that only names another address.

    Libraries repeat what failed. What was ended here would end the same way, and be paid for again: it is not sent.
    """

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self.is_too_much = False
        self.redirect: int | None = None
        self._most_bytes = most_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_too_much or self.redirect is not None:
            raise httpx2.ReadError("this was ended before", request=request)
        response = await super().handle_async_request(request)
        if 300 <= response.status_code < 400:
            self.redirect = response.status_code
            await response.aclose()
            raise httpx2.ReadError("another address is named", request=request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.DecodingError("an answer that was packed without being asked to be", request=request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - of an asynchronous transport
        response.stream = _Stream(response.stream, self)
        return response

    def may_read(self, read: int) -> bool:
        """Whether there may be as many bytes; notes where not."""
        self.is_too_much = self.is_too_much or read > self._most_bytes
        return not self.is_too_much


class _Stream(httpx2.AsyncByteStream):
    """An answer up to its size."""

    def __init__(self, stream: httpx2.AsyncByteStream, transport: _Limited) -> None:
        self._stream = stream
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if not self._transport.may_read(read):
                raise httpx2.ReadError("an answer that does not end")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
