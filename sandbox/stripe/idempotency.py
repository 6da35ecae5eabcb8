"""Idempotency keys as Stripe keeps them: the first answer to a key is the answer, errors included.

Source: https://docs.stripe.com/api/idempotent_requests. A result is stored once execution began; a
request refused before that (parameters, key, rate) may be repeated with its key. Keys are pruned after
24 hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .errors import StripeError

_KEPT_SECONDS = 24 * 3600
Scope = tuple[str, bool, str]


@dataclass(slots=True)
class Stored:
    """The first use of a key. `status` None means that it is still being executed."""

    endpoint: str
    params: Mapping[str, Any]
    began_at: int
    request_id: str
    status: int | None = None
    body: bytes = b""


class IdempotencyKeys:
    """Answers by (account, mode, key)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stored: dict[Scope, Stored] = {}

    def begin(self, scope: Scope, endpoint: str, params: Mapping[str, Any], request_id: str) -> Stored | None:
        """The stored answer to replay, or None after claiming the key for execution.

        Raises StripeError 400 for a key used with something else, 409 while its first use still runs.
        """
        stored = self._stored.get(scope)
        if stored is not None and self._clock.now() - stored.began_at >= _KEPT_SECONDS:
            stored = None
        if stored is None:
            self._stored[scope] = Stored(endpoint, params, self._clock.now(), request_id)
            return None
        key = scope[2]
        if stored.endpoint != endpoint:
            raise StripeError(
                400,
                "Keys for idempotent requests can only be used for the same endpoint they were first used "
                f"for ('{endpoint}' vs '{stored.endpoint}'). Try using a key other than '{key}' if "
                "you meant to execute a different request.",
                kind="idempotency_error",
            )
        if stored.params != params:
            raise StripeError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used "
                f"with. Try using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        if stored.status is None:
            raise StripeError(
                409,
                "There is currently another in-progress request using this Stripe Idempotent Key (that "
                "probably means you submitted twice, and the other request is still going through): "
                f"{key}. If you are seeing this error intermittently, try again later.",
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        return stored

    def finish(self, scope: Scope, status: int, body: bytes) -> None:
        """Keep the answer of the execution that claimed the key."""
        stored = self._stored[scope]
        stored.status, stored.body = status, body

    def abandon(self, scope: Scope) -> None:
        """Nothing was executed: the key is free again."""
        self._stored.pop(scope, None)
