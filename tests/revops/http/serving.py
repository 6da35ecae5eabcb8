"""The web service on a free port of this machine, from a thread of the test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from revops.http.server import server_config
from revops.settings import Settings
from revops.store import open_store
from revops.store.inbox import Inbox
from tests.revops.http.deliveries import PATH, SECRET, body_of, sign

SECONDS = 20.0


@dataclass
class Service:
    """A service that answers at `url`, and what is in its store."""

    url: str
    settings: Settings | None = None
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=SECONDS, trust_env=False)

    @property
    def address(self) -> tuple[str, int]:
        """For raw sockets."""
        parts = httpx.URL(self.url)
        assert parts.port is not None
        return parts.host, parts.port

    def deliver(self, whole: Any, *secrets: str, path: str = PATH, at: float | None = None) -> httpx.Response:
        """Post an event, signed."""
        body = whole if isinstance(whole, bytes) else body_of(whole)
        return self.client.post(
            path, content=body, headers={"Stripe-Signature": sign(body, *(secrets or (SECRET,)), at=at)}
        )

    def metric(self, name: str, **labels: str) -> float:
        """One figure of /metrics."""
        inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
        line = f"{name}{{{inside}}}" if inside else name
        for row in self.client.get("/metrics").text.splitlines():
            if row.startswith(f"{line} "):
                return float(row.rsplit(" ", 1)[1])
        return 0.0

    def rows(self) -> list[tuple[str, str, bytes]]:
        """Tenant, event id and body of everything in the inbox, in order of arrival."""
        assert self.settings is not None
        with open_store(self.settings) as store:
            inbox = Inbox(store)
            claimed = [one for tenant in inbox.tenants_waiting() for one in inbox.claim(tenant, 1_000_000)]
        claimed.sort(key=lambda one: one.sequence)
        return [(one.event.tenant_id, one.event.event_id, one.event.body) for one in claimed]


@contextmanager
def serving(app: FastAPI, settings: Settings | None = None) -> Iterator[Service]:
    """Serve an application as `leaks serve` does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        # It listens before the thread does anything, so a first request only waits, never fails.
        listener.listen(128)
        server = uvicorn.Server(server_config(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        service = Service(f"http://127.0.0.1:{listener.getsockname()[1]}", settings)
        try:
            yield service
        finally:
            service.client.close()
            server.should_exit = True
            thread.join()
