"""The Starlette application: every request passes the same checks, in Stripe's order, and is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .accounts import Account
from .endpoints import Call, Endpoint
from .errors import StripeError, unknown_url
from .faults import Fault
from .hosted_urls import led_here
from .limits import rate_limited
from .parameters import decode, validate
from .stand_in import StandIn

_DAMAGING = frozenset({"malformed", "truncated", "closed"})
_SECRET_HEADERS = frozenset({"authorization", "cookie"})


@dataclass(slots=True)
class Exchange:
    """A request and its answer, without secrets. `pairs` are the parameters as they were sent.

    `response` is empty unless bodies are recorded; `is_damaged` says that a fault garbled it on purpose.
    """

    method: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    request_id: str
    status: int = 0
    response: bytes = field(default=b"", repr=False)
    is_damaged: bool = False


def application(stand_in: StandIn, endpoints: list[Endpoint], others: Sequence[Route] = ()) -> Starlette:
    """The app that serves these endpoints from the stand-in's accounts, and `others` outside Stripe's namespace."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    methods = ["GET", "POST", "DELETE"]
    routes = [Route(path, _Pipeline(stand_in, known).respond, methods=methods) for path, known in by_path.items()]
    routes += others
    routes.append(Route("/{rest:path}", _Pipeline(stand_in, {}).respond, methods=methods))
    return Starlette(routes=routes)


class _Pipeline:
    """Serves one path. Checks come in this order: key, account, rate, permission, parameters, idempotency."""

    def __init__(self, stand_in: StandIn, known: Mapping[str, Endpoint]) -> None:
        self._stand_in = stand_in
        self._known = known

    async def respond(self, request: Request) -> Response:
        """The answer to a request, errors included."""
        stand_in = self._stand_in
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        if request.method == "POST":
            pairs += parse_qsl((await request.body()).decode(), keep_blank_values=True)
        exchange = Exchange(
            request.method,
            request.url.path,
            tuple(pairs),
            decode(pairs),
            {name: value for name, value in request.headers.items() if name not in _SECRET_HEADERS},
            stand_in.identifiers.make("req"),
        )
        fault = stand_in.faults.take(exchange.method, exchange.path)
        exchange.is_damaged = fault is not None and fault.kind in _DAMAGING
        headers = {
            "Request-Id": exchange.request_id,
            "Date": stand_in.clock.http_date(),
            "Cache-Control": "no-cache, no-store",
        }
        try:
            status, body = await self._answer(request, exchange, headers, fault)
        except StripeError as error:
            status, body = error.status, _error_body(error, exchange.request_id)
            headers.update(error.headers)
        exchange.status = status
        body = _damaged(request, fault, led_here(body, stand_in.pages_url))
        if stand_in.records_bodies:
            exchange.response = body
        if stand_in.keeps_requests:
            stand_in.requests.append(exchange)
        return Response(body, status, headers, media_type="application/json")

    async def _answer(
        self, request: Request, exchange: Exchange, headers: dict[str, str], fault: Fault | None
    ) -> tuple[int, bytes]:
        stand_in = self._stand_in
        key = stand_in.keys.authenticate(request.headers.get("authorization"))
        account = self._account(request, key.masked, headers)
        headers["Stripe-Version"] = request.headers.get("stripe-version", account.api_version)
        endpoint = self._known.get(exchange.method)
        if endpoint is None:
            raise unknown_url(exchange.method, exchange.path)
        stand_in.limits.take(key.text, endpoint.path)
        if fault is not None and not fault.after_execution:
            await _fail(fault, before=True)
        key.require(endpoint.permission, account.id, write=endpoint.is_write)
        given = validate(exchange.params, endpoint.parameters)
        idempotency_key = request.headers.get("idempotency-key") if endpoint.is_write else None
        call = Call(account, key, exchange.path, request.path_params, given, exchange.request_id, idempotency_key)
        if idempotency_key is None:
            return await self._execute(endpoint, call, fault)
        headers["Idempotency-Key"] = idempotency_key
        scope = (account.id, key.livemode, idempotency_key)
        stored = stand_in.idempotency.begin(scope, exchange.path, exchange.params, exchange.request_id)
        if stored is not None:
            headers["Idempotent-Replayed"] = "true"
            headers["Original-Request"] = stored.request_id
            return stored.status or 500, stored.body
        try:
            status, body = await self._execute(endpoint, call, fault)
        except BaseException:
            stand_in.idempotency.abandon(scope)
            raise
        stand_in.idempotency.finish(scope, status, body)
        return status, body

    async def _execute(self, endpoint: Endpoint, call: Call, fault: Fault | None) -> tuple[int, bytes]:
        if fault is not None and fault.gate is not None:
            await fault.gate.wait()
        try:
            with call.account.store.lock:
                result = 200, endpoint.handler(call)
        except StripeError as error:
            result = error.status, _error_body(error, call.request_id)
        if fault is not None and fault.after_execution:
            try:
                await _fail(fault, before=False)
            except StripeError as error:
                return error.status, _error_body(error, call.request_id)
        return result

    def _account(self, request: Request, masked: str, headers: dict[str, str]) -> Account:
        asked = request.headers.get("stripe-account")
        if asked is None:
            return self._stand_in.accounts[self._stand_in.account_id]
        headers["Stripe-Account"] = asked
        account = self._stand_in.accounts.get(asked)
        if account is None or asked in self._stand_in.disconnected:
            raise StripeError(
                403,
                f"The provided key '{masked}' does not have access to account '{asked}' (or that account "
                "does not exist). Application access may have been revoked.",
                code="account_invalid",
            )
        return account


async def _fail(fault: Fault, *, before: bool) -> None:
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "429" and before:
        error = rate_limited("global-rate")
        error.headers["Retry-After"] = str(fault.retry_after)
        raise error
    elif fault.kind in ("500", "503") or (before and fault.kind in _DAMAGING):
        # A garbled answer whose request had no effect is a fault on its way.
        raise StripeError(
            int(fault.kind) if fault.kind.isdigit() else 502,
            "An unknown error occurred. If the problem persists, contact https://support.stripe.com/.",
            kind="api_error",
        )


def _damaged(request: Request, fault: Fault | None, body: bytes) -> bytes:
    if fault is None:
        return body
    if fault.kind == "malformed":
        return b"<html><body>502 Bad Gateway</body></html>"
    if fault.kind == "truncated":
        return body[: len(body) // 2]
    if fault.kind == "closed":
        # uvicorn's own cycle is behind `receive`: the only way to end a connection without an answer.
        cycle: Any = getattr(request.receive, "__self__", None)
        if cycle is not None:
            cycle.transport.abort()
    return body


def _error_body(error: StripeError, request_id: str) -> bytes:
    log = f"https://dashboard.stripe.com/logs/{request_id}"
    return orjson.dumps({"error": {**error.body, "request_log_url": log}})
