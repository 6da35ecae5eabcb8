"""Delivers signed webhooks as fast as they are taken, or at a given rate, and prints what it measured as JSON.

A process of its own on raw sockets with requests signed beforehand: what it measures is the receiver.
`python -m tests.bench.webhook_load HOST PORT SECRET CONNECTIONS SECONDS RATE FIRST` (rate 0: no limit).
"""

from __future__ import annotations

import gc
import json
import selectors
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field

from tests.revops.http.deliveries import body_of, event, request, sign

# What a Stripe invoice event weighs, all in all.
_BODY_BYTES = 2_300
_MAX_PER_SECOND = 8_000


@dataclass
class Load:
    """Connections that send one request each and wait for its answer."""

    address: tuple[str, int]
    requests: deque[bytes]
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    selector: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)
    free: list[socket.socket] = field(default_factory=list)
    begun: dict[socket.socket, float] = field(default_factory=dict)

    def connect(self, connections: int) -> None:
        """Open them all."""
        for _ in range(connections):
            client = socket.create_connection(self.address)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(client, selectors.EVENT_READ)
            self.free.append(client)

    def as_fast_as_taken(self, seconds: float) -> float:
        """Each connection sends again when it is answered; the seconds that it took."""
        started = time.perf_counter()
        while self.free:
            self._send(time.perf_counter())
        while time.perf_counter() - started < seconds and self.requests:
            self._take(None)
            while self.free and self.requests:
                self._send(time.perf_counter())
        ended = time.perf_counter()
        while self.begun:
            self._take(None)
        return ended - started

    def at_rate(self, rate: float, seconds: float) -> float:
        """One request every so often, whether the former is answered or not; waiting for a connection counts."""
        started = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = started + number / rate
            while (left := due - time.perf_counter()) > 0 or not self.free:
                self._take(max(left, 0.0) if self.free else None)
            self._send(due)
        while self.begun:
            self._take(None)
        return time.perf_counter() - started

    def _send(self, due: float) -> None:
        client = self.free.pop()
        self.begun[client] = due
        client.sendall(self.requests.popleft())

    def _take(self, timeout: float | None) -> None:
        for key, _ in self.selector.select(timeout):
            client = key.fileobj
            assert isinstance(client, socket.socket)
            answer = client.recv(65_536)
            if answer and not answer.endswith(b"}"):
                answer += client.recv(65_536)
            self.latencies.append(time.perf_counter() - self.begun.pop(client))
            self.failures += not answer.startswith(b"HTTP/1.1 200 ")
            self.free.append(client)


def presigned(first: int, count: int, secret: str) -> deque[bytes]:
    """Requests for events numbered from `first`."""
    empty = len(body_of(event(first, data={"object": {"id": f"in_{first}", "object": "invoice", "note": ""}})))
    note = "x" * (_BODY_BYTES - empty)
    data = {"object": {"id": "in_1", "object": "invoice", "note": note}}
    bodies = (body_of(event(number, data=data)) for number in range(first, first + count))
    return deque(request(body, sign(body, secret)) for body in bodies)


def _main(host: str, port: str, secret: str, connections: str, seconds: str, rate: str, first: str) -> None:
    per_second = float(rate) or _MAX_PER_SECOND
    load = Load((host, int(port)), presigned(int(first), int(per_second * float(seconds)) + int(connections), secret))
    load.connect(int(connections))
    gc.disable()
    took = load.at_rate(float(rate), float(seconds)) if float(rate) else load.as_fast_as_taken(float(seconds))
    ordered = sorted(load.latencies)
    measured = {
        "events": len(ordered),
        "per_second": len(ordered) / took,
        "p50_ms": ordered[len(ordered) // 2] * 1000,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
        "max_ms": ordered[-1] * 1000,
        "failures": load.failures,
    }
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
