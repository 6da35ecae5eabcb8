"""Stripe over HTTP: pages as parsed JSON, inside its limits, retried with back-off, with typed failures.

The official SDK builds objects at a millisecond each, a thousand a second; reading pages with httpx and orjson is what
lets one process reach Stripe's own ceiling of 100 requests of 100 rows a second.
"""

import asyncio
import email.utils
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx
import orjson
import stamina
from pyrate_limiter import Duration, Limiter, Rate

from ingestion.errors import (
    AccountError,
    InvalidKeyError,
    ObjectGoneError,
    PermissionMissingError,
    StripeAnswerError,
    StripeUnavailableError,
)
from ingestion.settings import StripeSettings
from ingestion.stripe.resources import Resource, permissions

API_VERSION = "2026-05-27.dahlia"
PAGE_ROWS = 100
CONNECTIONS = 16
ATTEMPTS = 8
LONGEST_WAIT_SECONDS = 60.0
TIMEOUT = httpx.Timeout(connect=10, read=60, write=10, pool=60)


@dataclass(frozen=True)
class Answer:
    """A parsed body and the latest moment (naive UTC, Stripe's clock) whose state it surely shows.

    The moment is the Date header less the time the answer took, rounded down: an object may have changed while the
    answer was on its way, and such a change must not look older than what we read.
    """

    body: dict[str, Any]
    read_at: datetime


class _RetryableError(Exception):
    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def _wait(error: Exception) -> bool | float:
    if not isinstance(error, _RetryableError):
        return False
    return True if error.retry_after is None else min(error.retry_after, LONGEST_WAIT_SECONDS)


class StripeReader:
    """Reads one account; an async context manager."""

    def __init__(self, settings: StripeSettings) -> None:
        key = settings.stripe_api_key.get_secret_value() if settings.stripe_api_key else ""
        headers = {"Authorization": f"Bearer {key}", "Stripe-Version": API_VERSION}
        if settings.stripe_account:
            headers["Stripe-Account"] = settings.stripe_account
        self._base = settings.stripe_api_base.rstrip("/")
        self._account = settings.stripe_account
        self._http = httpx.AsyncClient(
            base_url=self._base,
            headers=headers,
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        )
        self._all = Limiter(Rate(settings.stripe_requests_per_second, Duration.SECOND))
        self._per_endpoint = settings.stripe_requests_per_second_per_endpoint
        self._endpoints: dict[str, Limiter] = {}
        self._unlimited = min(settings.stripe_requests_per_second, self._per_endpoint) >= 100_000
        self.now: datetime | None = None
        self.requests = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()
        # Each has a thread.
        for limiter in (self._all, *self._endpoints.values()):
            limiter.close()

    async def get(self, path: str, parameters: list[tuple[str, str]], resource: Resource | None = None) -> Answer:
        """One GET.

        Raises PermissionMissingError (403), InvalidKeyError (401), AccountError, ObjectGoneError,
        StripeAnswerError for another request that Stripe refuses, StripeUnavailableError when it stays unreachable or
        keeps failing.
        """
        # Paths without a resource hold ids; together they are few.
        endpoint = resource.path if resource else "other"
        try:
            async for attempt in stamina.retry_context(
                on=_wait, attempts=ATTEMPTS, timeout=300, wait_initial=0.5, wait_max=20
            ):
                with attempt:
                    return await self._once(path, parameters, endpoint, resource)
        except _RetryableError as error:
            raise StripeUnavailableError(
                f"{error} (tried {ATTEMPTS} times): check the network, STRIPE_API_BASE ({self._base}) and Stripe's "
                "status page, then run again; what was read so far is kept"
            ) from error
        raise StripeUnavailableError(f"{path} was never asked")

    def _limiter_of(self, endpoint: str) -> Limiter:
        if endpoint not in self._endpoints:
            self._endpoints[endpoint] = Limiter(Rate(self._per_endpoint, Duration.SECOND))
        return self._endpoints[endpoint]

    async def _once(
        self, path: str, parameters: list[tuple[str, str]], endpoint: str, resource: Resource | None
    ) -> Answer:
        if not self._unlimited:
            await self._limiter_of(endpoint).try_acquire_async(endpoint)
            await self._all.try_acquire_async("all")
        started = time.monotonic()
        self.requests += 1
        try:
            response = await self._http.get(path, params=httpx.QueryParams([*parameters]))
        except httpx.TransportError as error:
            raise _RetryableError(f"{self._base} could not be reached: {type(error).__name__} {error}") from error
        elapsed = time.monotonic() - started
        if response.status_code == 429:
            raise _RetryableError("Stripe says too many requests (429)", _retry_after(response))
        if response.status_code >= 500:
            raise _RetryableError(f"Stripe answered {response.status_code}", _retry_after(response))
        try:
            body = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            raise _RetryableError(f"{path} answered with a body that is no JSON") from None
        if not isinstance(body, dict):
            raise _RetryableError(f"{path} answered with no object")
        now = _date(response)
        self.now = max(now, self.now or now)
        if response.status_code != 200:
            raise self._refusal(response.status_code, body.get("error") or {}, path, resource)
        return Answer(body, (now - timedelta(seconds=elapsed)).replace(microsecond=0))

    def _refusal(self, status: int, error: dict[str, Any], path: str, resource: Resource | None) -> Exception:
        message = str(error.get("message", ""))
        if status == 401:
            return InvalidKeyError(
                "Stripe refused STRIPE_API_KEY (401): it is wrong, expired or rolled; create a restricted key in the "
                "dashboard under Developers > API keys and set it in .env"
            )
        if status == 403 and (error.get("code") == "account_invalid" or "does not have access to account" in message):
            return AccountError(
                f"STRIPE_ACCOUNT={self._account} is unknown to this key: check the id (acct_...) and that the account "
                "is still connected"
            )
        if status == 403:
            return permission_missing(message, resource)
        kind = ObjectGoneError if error.get("code") == "resource_missing" else StripeAnswerError
        return kind(f"Stripe refused GET {path} with {status}: {message or 'no message'}")


def permission_missing(message: str, resource: Resource | None) -> PermissionMissingError:
    """The error for a 403; Stripe's own name of the permission wins over ours."""
    named = [word.strip("'\"`.,()") for word in message.split() if "rak_" in word]
    known = permissions().get(resource.name) if resource else None
    permission = named[0] if named else (known.permission if known else None)
    where = f' ("{known.dashboard}" in the key editor)' if known else ""
    what = resource.name if resource else "this endpoint"
    return PermissionMissingError(
        f"STRIPE_API_KEY may not read {what}: give the restricted key the permission {permission}{where} and run again",
        permission,
    )


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None


def _date(response: httpx.Response) -> datetime:
    text = response.headers.get("Date")
    moment = email.utils.parsedate_to_datetime(text) if text else datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None)


async def complete_sublists(reader: StripeReader, value: dict[str, Any], resource: Resource) -> None:
    """Reads the rest of lists that Stripe cut to ten inside `value`, in place."""
    for sublist in resource.sublists:
        inner = value.get(sublist.field)
        if not isinstance(inner, dict) or inner.get("has_more") is not True or not inner.get("data"):
            continue
        path, _, query = sublist.path.format(id=value["id"]).partition("?")
        fixed = [(name, text) for name, _, text in (pair.partition("=") for pair in query.split("&") if pair)]
        rows = list(inner["data"])
        has_more = True
        while has_more:
            page = (
                await reader.get(
                    path, [*fixed, ("limit", str(PAGE_ROWS)), ("starting_after", rows[-1]["id"])], resource
                )
            ).body
            rows += page["data"]
            has_more = bool(page["has_more"]) and bool(page["data"])
        value[sublist.field] = {**inner, "data": rows, "has_more": False}


async def run_together(count: int, work: Any) -> None:
    """Runs `count` workers side by side; the first failure ends the others and is raised as it is."""
    tasks = [asyncio.create_task(work()) for _ in range(count)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
