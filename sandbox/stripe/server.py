"""Runs the stand-in: in a thread for tests, in the foreground for the command."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, get_args

import uvicorn

from sandbox.serving import HOST, Server, listen

from .app import Exchange, application
from .clock import Clock
from .control import control_routes
from .endpoints import read_endpoints
from .faults import Faults, Gate, Kind
from .ledger import Ledger
from .limits import Limits
from .oauth import oauth_routes
from .pages import customer_routes
from .payments import pay_endpoints
from .portal import Portal
from .stand_in import Company, StandIn
from .webhook_endpoints import webhook_endpoints
from .webhook_faults import FaultKind
from .webhooks import WebhookEndpoint, Webhooks

_TICK_SECONDS = 1.0
# Makes the customers who live in a stand-in.
Settle = Callable[[StandIn], Company]


class Running:
    """A sandbox that answers at `url`."""

    def __init__(self, stand_in: StandIn, url: str) -> None:
        self.url = url
        self.stand_in = stand_in
        self.upsert = stand_in.upsert
        self.emit = stand_in.emit
        self.get = stand_in.get
        self.restrict = stand_in.restrict
        self.revoke = stand_in.keys.revoke
        self.decline = stand_in.decline

    @property
    def clock(self) -> Clock:
        """The sandbox's time; tests freeze and move it."""
        return self.stand_in.clock

    @property
    def ledger(self) -> Ledger:
        """What money moved."""
        return self.stand_in.ledger

    @property
    def faults(self) -> Faults:
        """What is to fail."""
        return self.stand_in.faults

    @property
    def requests(self) -> list[Exchange]:
        """Every request so far, without secrets."""
        return self.stand_in.requests

    @property
    def account_id(self) -> str:
        """The sandbox's own account."""
        return self.stand_in.account_id

    @property
    def webhooks(self) -> Webhooks:
        """Where events are sent, what is on its way, and what is to go wrong with it."""
        return self.stand_in.webhooks

    def fail_next(self, path: str, kind: Kind, **how: Any) -> Gate | None:
        """Let the next requests to a path fail; see Faults.fail_next."""
        return self.stand_in.faults.fail_next(path, kind, **how)


def _server(stand_in: StandIn) -> Server:
    portal = Portal(stand_in)
    config = uvicorn.Config(
        application(
            stand_in,
            [*read_endpoints(), *pay_endpoints(stand_in), *webhook_endpoints(stand_in), *portal.endpoints()],
            [*control_routes(stand_in), *oauth_routes(stand_in), *customer_routes(stand_in, portal)],
        ),
        log_level="error",
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    return Server(config)


@contextmanager
def running(
    data_dir: Path | None = None,
    *,
    port: int = 0,
    as_of: datetime | None = None,
    is_frozen: bool = False,
    keys: Iterable[str] | None = None,
    requests_per_second: float | None = None,
    requests_per_second_per_endpoint: float | None = None,
    ledger_path: Path | None = None,
    seed: int = 1,
    record_bodies: bool = False,
    company: Settle | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    has_pages: bool = False,
) -> Iterator[Running]:
    """Serve a folder from a thread of this process while the block runs; port 0 takes a free one.

    Without a folder the account is empty, or `company` fills it and lives on in it. The clock starts at `as_of` and
    ticks on unless `is_frozen`. Every event that comes to be is sent to `webhook_url`, signed with `webhook_secret`.
    With `has_pages` invoices name their pages here; without, a company reads the same at every port.
    Raises DataFolderError for what cannot be served, WebhookAddressError for a URL of another machine.
    """
    with Ledger(ledger_path) as ledger, listen(port) as listener:
        stand_in = StandIn(
            Path(data_dir) if data_dir is not None else None,
            clock=Clock(as_of, is_frozen=is_frozen),
            keys=keys,
            limits=Limits(requests_per_second, requests_per_second_per_endpoint),
            ledger=ledger,
            seed=seed,
            records_bodies=record_bodies,
        )
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        stand_in.serve_at(url, has_pages=has_pages)
        _send_events(stand_in, webhook_url, webhook_secret)
        if company is not None:
            stand_in.company = company(stand_in)
            stand_in.clock.restart()
        server = _server(stand_in)
        # The socket listens before the thread does anything, so a first request only waits, never fails.
        listener.listen(128)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield Running(stand_in, url)
        finally:
            server.should_exit = True
            thread.join()
            stand_in.webhooks.close()


def serve(
    data_dir: Path | None,
    port: int = 0,
    as_of: datetime | None = None,
    *,
    keys: dict[str, list[str]] | None = None,
    ledger_path: Path | None = None,
    requests_per_second: float | None = None,
    requests_per_second_per_endpoint: float | None = None,
    company: Settle | None = None,
    on_ready: Callable[[str], None] | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    is_any_webhook_host_allowed: bool = False,
    webhook_faults: float = 0.0,
    seed: int = 1,
) -> None:
    """Serve a folder, or a company that lives on, until SIGTERM or SIGINT. Writes the address to stderr.

    `on_ready` is told the address before that. `keys` maps each key that exists to its permissions; an empty list
    means all. Without it every key works. Events go to `webhook_url`, on another machine only if that is allowed; a
    secret is made, and written to stderr, unless one is given, and the share `webhook_faults` of the deliveries goes
    wrong in every way there is, the same with the same `seed`. Raises DataFolderError, WebhookAddressError, and OSError
    for a port in use.
    """
    with Ledger(ledger_path) as ledger, listen(port) as listener:
        stand_in = StandIn(
            data_dir,
            clock=Clock(as_of),
            keys=keys,
            limits=Limits(requests_per_second, requests_per_second_per_endpoint),
            ledger=ledger,
            keeps_requests=False,
        )
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        stand_in.serve_at(url, has_pages=True)
        stand_in.webhooks.is_any_host_allowed = is_any_webhook_host_allowed
        stand_in.webhooks.faults.fail_randomly(webhook_faults, get_args(FaultKind), seed=seed)
        secret = _send_events(stand_in, webhook_url, webhook_secret)
        for key, permissions in (keys or {}).items():
            if permissions:
                stand_in.restrict(key, permissions)
        if company is not None:
            stand_in.company = company(stand_in)
            stand_in.clock.restart()
        server = _server(stand_in)
        ended = threading.Event()
        life = threading.Thread(target=_tick, args=(stand_in, ended), daemon=True)

        def stop(_number: int, _frame: FrameType | None) -> None:
            server.should_exit = True

        previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            if on_ready is not None:
                on_ready(url)
            sys.stderr.write(f"Stripe sandbox at {url}\n")
            if secret is not None:
                sys.stderr.write(f"Webhooks to {webhook_url}, signed with {secret}\n")
            sys.stderr.flush()
            if stand_in.company is not None:
                life.start()
            server.run(sockets=[listener])
        finally:
            ended.set()
            stand_in.webhooks.close()
            for number, handler in previous.items():
                signal.signal(number, handler)


def _send_events(stand_in: StandIn, url: str | None, secret: str | None) -> str | None:
    """Send every event there from now on; returns the secret that signs them."""
    if url is None:
        return None
    make = stand_in.identifiers.make
    endpoint = stand_in.webhooks.add(WebhookEndpoint(make("we"), url, [secret or make("whsec")]))
    return endpoint.secrets[0]


def _tick(stand_in: StandIn, ended: threading.Event) -> None:
    """What is due happens while the clock ticks on by itself, too."""
    while not ended.wait(_TICK_SECONDS):
        stand_in.catch_up()
