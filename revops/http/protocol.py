"""Limits on how a request arrives, which the server itself does not have: the size of its head, and its time.

Without them one client that never ends its request holds memory and a connection for ever.
"""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
# From its first byte to its last; Stripe itself gives a delivery about as long.
ARRIVAL_SECONDS = 20.0


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, less patient."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # A connection that says nothing is no better than one that does not end.
        self._is_arriving = self._is_in_head = True
        self._head_bytes = 0
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._begin_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more to wait for."""
        self._end_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Most requests come in one piece, so that neither clock nor count begins."""
        was_in_head = self._is_in_head
        super().data_received(data)
        if not self._is_arriving or self.transport.is_closing():
            return
        self._begin_timer()
        if self._is_in_head and was_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("Headers too large.")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._is_arriving = self._is_in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Its head is here."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is here."""
        self._is_arriving = False
        self._end_timer()
        super().on_message_complete()

    def _begin_timer(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(ARRIVAL_SECONDS, self._give_up)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()
