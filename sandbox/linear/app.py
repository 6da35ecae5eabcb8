"""The Starlette application: the GraphQL endpoint, and the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, execute_sync, parse, validate
from graphql.language import DocumentNode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .errors import LinearError
from .faults import Fault, Faults
from .page import page_routes
from .resolvers import root
from .schema import build
from .workspace import Workspace

_SCHEMA = build()
_STATUSES = {"302", "400", "401", "403", "404", "429", "500"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, for tests. `is_damaged`: the answer is none of Linear's."""

    operation: str
    document: str
    variables: Mapping[str, Any]
    status: int
    answer: bytes
    is_damaged: bool


class Api:
    """Answers in Linear's order: key, document, arguments."""

    def __init__(self, workspace: Workspace, faults: Faults) -> None:
        self.exchanges: list[Exchange] = []
        self._workspace = workspace
        self._faults = faults

    async def respond(self, request: Request) -> Response:
        """The answer to a request, errors included."""
        given = _given(await request.body())
        operation = _name(given["query"])
        fault = self._faults.take(operation)
        if fault is not None and not fault.after_execution:
            body, status, headers = await self._failing(fault, request, given)
        else:
            body, status = self._answer(request, given)
            headers = {}
            if fault is not None:
                body, status, headers = await self._failing(fault, request, given, body)
        content = orjson.dumps(body) if isinstance(body, dict) else body
        is_damaged = fault is not None and fault.kind not in ("held", "slow")
        self.exchanges.append(Exchange(operation, given["query"], given["variables"], status, content, is_damaged))
        kind = "application/json" if isinstance(body, dict) else "text/html"
        return Response(content, status, headers, media_type=kind)

    def _answer(self, request: Request, given: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        try:
            self._check(request.headers.get("authorization", ""))
        except LinearError as error:
            return error.body, error.status
        try:
            document = parse(given["query"])
        except GraphQLError as error:
            return LinearError("graphql error", error.message).body, 400
        if problems := validate(_SCHEMA, document):
            return LinearError("graphql error", problems[0].message).body, 400
        with self._workspace.lock:
            return _executed(document, given, self._workspace)

    def _check(self, key: str) -> None:
        if key.startswith("Bearer lin_api_"):
            raise LinearError("authentication error", "An API key is sent without the prefix Bearer.")
        if key != self._workspace.api_key or self._workspace.is_key_revoked:
            raise LinearError("authentication error", "Authentication required, not authenticated")

    async def _failing(
        self, fault: Fault, request: Request, given: Mapping[str, Any], body: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any] | bytes, int, dict[str, str]]:
        if fault.gate is not None:
            await fault.gate.wait()
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault.kind in ("held", "slow"):
            return (*((body, 200) if body is not None else self._answer(request, given)), {})
        return _damaged(fault, request, body or {"data": {}})


def application(workspace: Workspace, faults: Faults) -> tuple[Starlette, Api]:
    """The app of one workspace, and what it has answered."""
    api = Api(workspace, faults)
    routes = [Route("/graphql", api.respond, methods=["POST"]), *page_routes(workspace)]
    return Starlette(routes=routes), api


def _executed(document: DocumentNode, given: Mapping[str, Any], workspace: Workspace) -> tuple[dict[str, Any], int]:
    result: ExecutionResult = execute_sync(_SCHEMA, document, root(workspace), variable_values=dict(given["variables"]))
    body: dict[str, Any] = {"data": result.data}
    if not result.errors:
        return body, 200
    # A variable that does not fit is refused before anything is executed.
    known = [error for error in result.errors if error.path]
    if not known:
        return LinearError("graphql error", result.errors[0].message).body, 400
    body["errors"] = [dict(error.formatted) for error in known]
    return body, 200


def _given(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
        return {"query": str(given["query"]), "variables": dict(given.get("variables") or {})}
    except (ValueError, KeyError, TypeError):
        return {"query": "", "variables": {}}


def _name(document: str) -> str:
    try:
        found = next(one for one in parse(document).definitions if isinstance(one, OperationDefinitionNode))
    except (GraphQLError, StopIteration):
        return ""
    return found.name.value if found.name is not None else ""


def _damaged(
    fault: Fault, request: Request, body: dict[str, Any]
) -> tuple[dict[str, Any] | bytes, int, dict[str, str]]:
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    if fault.kind in _STATUSES:
        if fault.kind == "302":
            headers["Location"] = "/elsewhere"
        said = LinearError(fault.error, fault.message).body if fault.error else b"<html><h1>Oops</h1></html>"
        return said, int(fault.kind), headers
    if fault.kind == "refused":
        return LinearError(fault.error or "invalid input", fault.message).body, 200, headers
    if fault.kind == "partial":
        return {**body, "errors": LinearError(fault.error or "internal error", fault.message).body["errors"]}, 200, {}
    if fault.kind == "wrong":
        return {"data": {"issues": {"nodes": [{"id": 7}]}, "organization": {"id": 7}, "teams": None}}, 200, {}
    if fault.kind == "half":
        content = orjson.dumps(body)
        return content[: len(content) // 2], 200, {}
    if fault.kind == "nothing":
        # uvicorn's own cycle is behind `receive`: the only way to end a connection without an answer.
        cycle: Any = getattr(request.receive, "__self__", None)
        if cycle is not None:
            cycle.transport.abort()
    return b"<html><body>502 Bad Gateway</body></html>", 200, {}
