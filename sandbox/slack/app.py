"""The Starlette application: Slack's API, the sockets, the addresses that answers go to, and the page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from .api import METHODS
from .errors import SlackError, rate_limited
from .faults import Fault, Faults
from .interactions import Interactions, answer
from .page import page_routes
from .sockets import Sockets
from .workspace import Workspace

_DAMAGING = frozenset({"garbage", "half", "nothing"})
_STATUSES = {"400": 400, "401": 401, "403": 403, "404": 404, "500": 500}


def application(workspace: Workspace, interactions: Interactions, sockets: Sockets, faults: Faults) -> Starlette:
    """The app of one workspace."""
    api = _Api(workspace, sockets, faults)

    async def answered(request: Request) -> Response:
        try:
            answer(workspace, request.path_params["key"], orjson.loads(await request.body()))
        except SlackError as error:
            return _json(error.body, error.status)
        except ValueError:
            return _json({"ok": False, "error": "invalid_payload"}, 400)
        return Response("ok")

    routes: list[BaseRoute] = [
        Route("/api/{method}", api.respond, methods=["GET", "POST"]),
        Route(f"/actions/{workspace.team_id}/{{key}}", answered, methods=["POST"]),
        WebSocketRoute("/link/", sockets.serve),
        *page_routes(workspace, interactions, sockets),
    ]
    return Starlette(routes=routes)


class _Api:
    """Checks every call in Slack's order: method, token, rate, scope, arguments."""

    def __init__(self, workspace: Workspace, sockets: Sockets, faults: Faults) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._faults = faults

    async def respond(self, request: Request) -> Response:
        """The answer to a call, errors included."""
        name = request.path_params["method"]
        fault = self._faults.take(name)
        try:
            if fault is not None and not fault.after_execution:
                await _fail(fault)
            body, status, headers = await self._answer(request, name), 200, dict[str, str]()
            if fault is not None and fault.after_execution:
                await _fail(fault)
        except SlackError as error:
            body, status, headers = error.body, error.status, error.headers
        return _damaged(request, fault, orjson.dumps(body), status, headers)

    async def _answer(self, request: Request, name: str) -> dict[str, Any]:
        given = await _arguments(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(given.pop("token", ""))
        if name == "apps.connections.open":
            self._check(token, self._workspace.app_token, self._workspace.bot_token)
            return {"ok": True, "url": f"ws://{request.url.netloc}{self._sockets.ticket()}"}
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._check(token, self._workspace.bot_token, self._workspace.app_token)
        if method.scope is not None and method.scope not in self._workspace.scopes:
            provided = ",".join(sorted(self._workspace.scopes))
            raise SlackError("missing_scope", needed=method.scope, provided=provided)
        return {"ok": True, **method.act(self._workspace, given)}

    def _check(self, token: str, right: str, of_other_kind: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token in self._workspace.revoked:
            raise SlackError("token_revoked")
        if token == of_other_kind:
            raise SlackError("not_allowed_token_type")
        if token != right:
            raise SlackError("invalid_auth")


async def _arguments(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(parse_qsl(request.url.query))
    body = await request.body()
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            return {**given, **orjson.loads(body or b"{}")}
        return {**given, **dict(parse_qsl(body.decode(), keep_blank_values=True))}
    except (ValueError, TypeError) as error:
        raise SlackError("invalid_json") from error


async def _fail(fault: Fault) -> None:
    if fault.gate is not None:
        await fault.gate.wait()
    elif fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "429":
        raise rate_limited(fault.retry_after)
    elif fault.kind == "refused":
        raise SlackError(fault.code)
    elif fault.kind in _DAMAGING and not fault.after_execution:
        raise SlackError("internal_error")
    elif fault.kind in _STATUSES:
        raise SlackError("internal_error" if fault.kind == "500" else fault.code, status=_STATUSES[fault.kind])


def _damaged(request: Request, fault: Fault | None, body: bytes, status: int, headers: Mapping[str, str]) -> Response:
    kind = fault.kind if fault is not None else None
    if kind == "garbage":
        return Response(b"<html><body>502 Bad Gateway</body></html>", status, media_type="text/html")
    if kind == "half":
        body = body[: len(body) // 2]
    if kind == "nothing":
        # uvicorn's own cycle is behind `receive`: the only way to end a connection without an answer.
        cycle: Any = getattr(request.receive, "__self__", None)
        if cycle is not None:
            cycle.transport.abort()
    return Response(body, status, dict(headers), media_type="application/json")


def _json(body: Mapping[str, Any], status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
