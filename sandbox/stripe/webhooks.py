"""Webhooks as Stripe sends them: each event to every endpoint that wants it, signed, and again until it is taken.

Deliveries leave from a thread of their own, so no request to the sandbox waits for a receiver. They go to this machine
only, unless whoever runs the sandbox says otherwise: made-up events must not reach a real system. The signature carries
this machine's time, as receivers compare it with theirs; the sandbox's own clock may stand in another year.

Source: https://docs.stripe.com/webhooks (delivery, retries, order) and
https://docs.stripe.com/webhooks/signature (`t` and `v1`, several `v1` while a secret is rolled).
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import ipaddress
import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from .hosted_urls import led_here
from .webhook_faults import FaultKind, WebhookFault, WebhookFaults

# Stripe retries for three days; whoever watches a sandbox has minutes.
RETRY_SECONDS = (1.0, 5.0, 30.0, 120.0, 600.0)
TIMEOUT_SECONDS = 10.0
# A reordered event that no other follows goes out on its own.
_HELD_SECONDS = 5.0
_OLD_SECONDS = 3600
_KEPT_DELIVERIES = 10_000


class WebhookAddressError(ValueError):
    """The endpoint's URL is none that the sandbox may send to."""


@dataclass(slots=True)
class WebhookEndpoint:
    """Where events go. `events` are types or `*`; `livemode` None takes both modes.

    The newest of `secrets` comes first; while more than one is there, deliveries are signed with each.
    """

    id: str
    url: str
    secrets: list[str]
    events: tuple[str, ...] = ("*",)
    livemode: bool | None = None
    is_connect: bool = False
    is_enabled: bool = True

    def wants(self, event: Mapping[str, Any], *, is_connected: bool) -> bool:
        """Whether an event of the own or of a connected account goes here."""
        return (
            self.is_enabled
            and self.is_connect is is_connected
            and self.livemode in (None, event["livemode"])
            and ("*" in self.events or event["type"] in self.events)
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt. `status` is the receiver's answer, None where there was none; `error` says why.

    A dropped event has attempt 0. `is_last` says that no retry follows.
    """

    event_id: str
    endpoint_id: str
    attempt: int
    status: int | None
    is_last: bool
    fault: FaultKind | None = None
    error: str | None = None


@dataclass(order=True, slots=True)
class _Attempt:
    due: float
    number: int
    endpoint: WebhookEndpoint = field(compare=False)
    event_id: str = field(compare=False)
    body: bytes = field(compare=False)
    attempt: int = field(compare=False, default=1)
    fault: FaultKind | None = field(compare=False, default=None)
    is_held: bool = field(compare=False, default=False)


class Webhooks:
    """The endpoints of a sandbox and everything that is on its way to them."""

    def __init__(self, *, is_any_host_allowed: bool = False, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        self.endpoints: dict[str, WebhookEndpoint] = {}
        self.deliveries: deque[Delivery] = deque(maxlen=_KEPT_DELIVERIES)
        self.faults = WebhookFaults()
        self.retry_seconds = tuple(retry_seconds)
        self.is_any_host_allowed = is_any_host_allowed
        self.pages_url: str | None = None
        self._waiting: list[_Attempt] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._is_busy = self._is_closed = False
        self._thread: threading.Thread | None = None

    def add(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        """Send events there from now on. Raises WebhookAddressError."""
        self.check(endpoint.url)
        with self._changed:
            self.endpoints[endpoint.id] = endpoint
        return endpoint

    def check(self, url: str) -> None:
        """Raise WebhookAddressError unless the sandbox may send to this URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WebhookAddressError(f"{url} is no webhook URL: write http://127.0.0.1:8000/webhooks/stripe")
        if not self.is_any_host_allowed and not _is_loopback(parts.hostname):
            raise WebhookAddressError(
                f"the sandbox sends made-up events to this machine only, and {parts.hostname} is another: use "
                "127.0.0.1, ::1 or localhost, or allow other hosts explicitly (--webhook-any-host)"
            )

    def remove(self, endpoint_id: str) -> None:
        """Send nothing there any more, retries included."""
        with self._changed:
            del self.endpoints[endpoint_id]

    def roll(self, endpoint_id: str, secret: str) -> None:
        """Sign with a new secret and with the ones before, as Stripe does until they expire."""
        self.endpoints[endpoint_id].secrets.insert(0, secret)

    def expire(self, endpoint_id: str) -> None:
        """Sign with the newest secret only."""
        del self.endpoints[endpoint_id].secrets[1:]

    def send(self, event: Mapping[str, Any], account_id: str | None = None) -> None:
        """Queue an event; `account_id` names the connected account that it is about, None the sandbox's own."""
        body = led_here(orjson.dumps({**event, "account": account_id} if account_id else event), self.pages_url)
        with self._changed:
            if self._is_closed:
                return
            for endpoint in self.endpoints.values():
                if endpoint.wants(event, is_connected=account_id is not None):
                    self._queue(endpoint, str(event["id"]), body)
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is on its way; false where that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._is_busy, seconds)

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(TIMEOUT_SECONDS)

    def _queue(self, endpoint: WebhookEndpoint, event_id: str, body: bytes) -> None:
        fault = self.faults.take() or WebhookFault(None)
        now = time.monotonic()
        if fault.kind == "dropped":
            self.deliveries.append(Delivery(event_id, endpoint.id, 0, None, True, "dropped"))
            return
        due = now + (fault.seconds if fault.kind == "late" else _HELD_SECONDS if fault.kind == "reordered" else 0)
        for _ in range(2 if fault.kind == "doubled" else 1):
            self._push(endpoint, event_id, body, due, fault=fault.kind)
        if fault.kind == "reordered":
            return
        for held in self._waiting:
            if held.is_held and held.endpoint is endpoint:
                held.due, held.number, held.is_held = due, next(self._numbers), False
        heapq.heapify(self._waiting)

    def _push(
        self,
        endpoint: WebhookEndpoint,
        event_id: str,
        body: bytes,
        due: float,
        *,
        attempt: int = 1,
        fault: FaultKind | None = None,
    ) -> None:
        number = next(self._numbers)
        is_held = fault == "reordered" and attempt == 1
        heapq.heappush(self._waiting, _Attempt(due, number, endpoint, event_id, body, attempt, fault, is_held))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        # Proxies of the environment must not see made-up events either.
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            while (attempt := self._next()) is not None:
                status, error = _post(client, attempt)
                self._finish(attempt, status, error)

    def _next(self) -> _Attempt | None:
        with self._changed:
            while not self._is_closed:
                wait = self._waiting[0].due - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    self._is_busy = True
                    return heapq.heappop(self._waiting)
                self._changed.wait(wait)
        return None

    def _finish(self, attempt: _Attempt, status: int | None, error: str | None) -> None:
        with self._changed:
            is_taken = status is not None and 200 <= status < 300
            is_known = self.endpoints.get(attempt.endpoint.id) is attempt.endpoint and not self._is_closed
            is_last = is_taken or not is_known or attempt.attempt > len(self.retry_seconds)
            self.deliveries.append(
                Delivery(attempt.event_id, attempt.endpoint.id, attempt.attempt, status, is_last, attempt.fault, error)
            )
            if not is_last:
                due = time.monotonic() + self.retry_seconds[attempt.attempt - 1]
                self._push(attempt.endpoint, attempt.event_id, attempt.body, due, attempt=attempt.attempt + 1)
            self._is_busy = False
            self._changed.notify_all()


def signature(body: bytes, secrets: Sequence[str], at: int) -> str:
    """The value of `Stripe-Signature`: HMAC-SHA256 over `at.body`, one `v1` per secret."""
    signed = b"%d.%s" % (at, body)
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={digest}" for digest in digests)])


def _post(client: httpx.Client, attempt: _Attempt) -> tuple[int | None, str | None]:
    at = int(time.time()) - (_OLD_SECONDS if attempt.fault == "old_timestamp" else 0)
    secrets = ["whsec_of_somebody_else"] if attempt.fault == "bad_signature" else attempt.endpoint.secrets
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(attempt.body, secrets, at),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    try:
        return client.post(attempt.endpoint.url, content=attempt.body, headers=headers).status_code, None
    except httpx.HTTPError as error:
        return None, f"{type(error).__name__}: {error}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
