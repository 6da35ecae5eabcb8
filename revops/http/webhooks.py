"""Webhooks of Stripe: verify, file, answer. Nothing is processed inside the request.

The answer is 200 once the event is durable, or was before. Whatever we cannot keep is refused so that Stripe sends it
again; whatever we hold is never refused, or Stripe would send it for three days and then disable the endpoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from revops import error_reports
from revops.domain.received import ReceivedEvent
from revops.http.answers import refusal
from revops.http.bodies import MAX_BODY_BYTES, BodyTooLargeError, read_body
from revops.http.metrics import Metrics
from revops.http.stripe_event import EventRefusedError, read_event
from revops.http.stripe_signature import problem
from revops.http.webhook_docs import SIGNATURE_MESSAGES, Taken, answers, request_of
from revops.service.note_refusals import Refusals
from revops.service.receive import NotStoredError, QueueFullError, Receiver
from revops.service.recognise import Recognition

SOURCE = "stripe"
_CONNECT_PATH = "/webhooks/stripe"
_TENANT_PATH = "/webhooks/stripe/"
_RETRY_AFTER_SECONDS = 1

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Webhooks:
    """What the two endpoints work with."""

    receiver: Receiver
    recognition: Recognition
    metrics: Metrics
    refusals: Refusals
    now: Callable[[], float] = time.time

    def install(self, app: FastAPI) -> None:
        """Add both endpoints to the application."""
        for path, endpoint, connected in (
            (f"{_TENANT_PATH}{{tenant}}", self.take, False),
            (_CONNECT_PATH, self.take_connected, True),
        ):
            app.add_api_route(
                path,
                endpoint,
                methods=["POST"],
                response_model=Taken,
                responses=answers(knows_tenant=not connected),
                openapi_extra=request_of(names_tenant=not connected),
                tags=["webhooks"],
                summary="Events of connected accounts (Connect)" if connected else "Events of a tenant's account",
                name="stripe_connect_webhook" if connected else "stripe_webhook",
            )

    async def take(self, request: Request) -> Response:
        """Stripe's events of one tenant, signed with one of the tenant's webhook secrets."""
        tenant_id = request.path_params["tenant"]
        secrets = self.recognition.secrets(tenant_id)
        if secrets is None:
            return self._refuse(request, 404, "unknown_tenant", "there is no such tenant")
        return await self._take(request, secrets, tenant_id)

    async def take_connected(self, request: Request) -> Response:
        """Stripe's events of connected accounts; `account` in the event says whose, and so which tenant's."""
        return await self._take(request, self.recognition.connect_secrets, None)

    async def _take(self, request: Request, secrets: tuple[str, ...], tenant_id: str | None) -> Response:
        try:
            body = await read_body(request)
        except BodyTooLargeError:
            message = f"a body may have {MAX_BODY_BYTES} bytes"
            return self._refuse(request, 413, "too_large", message, tenant_id, closes=True)
        except ClientDisconnect:
            return self._refuse(request, 400, "disconnected", "the body ended early", tenant_id, closes=True)
        wrong = problem(body, request.headers.get("stripe-signature"), secrets, self.now())
        if wrong is not None:
            return self._refuse(request, 400, wrong, SIGNATURE_MESSAGES[wrong], tenant_id)
        try:
            event = read_event(body)
        except EventRefusedError as error:
            return self._refuse(request, 400, error.problem, str(error), tenant_id)
        if tenant_id is None:
            tenant_id = await self.recognition.tenant_of(event.mode, event.account_id)
            if tenant_id is None:
                _log.warning("unknown_account", account=event.account_id, mode=event.mode, event_id=event.event_id)
                return self._taken("unknown_account")
        received = ReceivedEvent(
            tenant_id=tenant_id,
            integration_mode=event.mode,
            source=SOURCE,
            event_id=event.event_id,
            event_type=event.event_type,
            object_id=event.object_id,
            account_id=event.account_id,
            event_created_at=event.created_at,
            received_at=datetime.fromtimestamp(self.now(), UTC),
            body=body,
        )
        try:
            is_new = await self.receiver.receive(received)
        except QueueFullError as error:
            headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)}
            return self._refuse(request, 503, "queue_full", str(error), tenant_id, headers=headers)
        except NotStoredError as error:
            error_reports.report(error)
            return self._refuse(request, 500, "not_stored", "the event was not stored: send it again", tenant_id)
        return self._taken("stored" if is_new else "duplicate")

    def _taken(self, result: str) -> Response:
        self.metrics.received[result].inc()
        return _TAKEN[result]

    def _refuse(
        self,
        request: Request,
        status: int,
        reason: str,
        message: str,
        tenant_id: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        closes: bool = False,
    ) -> Response:
        self.metrics.refused.labels(reason).inc()
        self.refusals.add(reason, tenant_id, request.client.host if request.client else "")
        return refusal(status, reason, message, headers=headers, closes=closes)


# Answers hold nothing of their request, so one of each serves all.
_TAKEN: dict[str, Response] = {
    result: JSONResponse({"result": result}) for result in ("stored", "duplicate", "unknown_account")
}


class DeliveryLane:
    """Brings deliveries to their endpoint past the router, whose layers cost as much as all that we do."""

    def __init__(self, app: ASGIApp, webhooks: Webhooks) -> None:
        self._app = app
        self._webhooks = webhooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            path: str = scope["path"]
            if path == _CONNECT_PATH:
                answer = await self._webhooks.take_connected(Request(scope, receive))
                return await answer(scope, receive, send)
            tenant_id = path.removeprefix(_TENANT_PATH)
            if tenant_id and len(tenant_id) < len(path) and "/" not in tenant_id:
                scope["path_params"] = {"tenant": tenant_id}
                answer = await self._webhooks.take(Request(scope, receive))
                return await answer(scope, receive, send)
        return await self._app(scope, receive, send)
