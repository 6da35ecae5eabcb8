"""Stripe's rate limits: so many requests a second in all and per endpoint, then 429 with Retry-After.

Source: https://docs.stripe.com/rate-limits (100 a second live, 25 test; 25 per endpoint by default).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .errors import StripeError


class _Bucket:
    """A token bucket that holds one second's worth."""

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._tokens = per_second
        self._seen: float | None = None

    def seconds_until_free(self, now: float) -> float:
        """0 after taking a token, else how long until there is one."""
        if self._seen is not None:
            self._tokens = min(self._rate, self._tokens + (now - self._seen) * self._rate)
        self._seen = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate


class Limits:
    """Counts requests per key. None switches a limit off."""

    def __init__(
        self,
        per_second: float | None = None,
        per_endpoint: float | None = None,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._in_all = per_second
        self._per_endpoint = per_endpoint
        self._timer = timer
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, key: str, endpoint: str) -> None:
        """Count one request. Raises StripeError 429 that says which limit it is."""
        self._take(key, "", self._in_all, "global-rate")
        self._take(key, endpoint, self._per_endpoint, "endpoint-rate")

    def _take(self, key: str, endpoint: str, per_second: float | None, reason: str) -> None:
        if per_second is None:
            return
        bucket = self._buckets.get((key, endpoint))
        if bucket is None:
            bucket = self._buckets[key, endpoint] = _Bucket(per_second)
        if bucket.seconds_until_free(self._timer()) > 0:
            raise rate_limited(reason)


def rate_limited(reason: str) -> StripeError:
    """The 429 answer."""
    return StripeError(
        429,
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
        headers={"Retry-After": "1", "Stripe-Rate-Limited-Reason": reason},
    )
