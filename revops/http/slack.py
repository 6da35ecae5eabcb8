"""Presses in Slack by HTTP: verify, decide, answer; courtesies follow after the answer.

The tenant in the path names the secret that has to have signed, and the workspace inside the signed body has to be that
tenant's: no tenant speaks for another. Signatures are slack_sdk's to check, five minutes old at most.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from slack_bolt import BoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from revops.errors import RevopsError
from revops.http.answers import documented, refusal
from revops.http.bodies import MAX_BODY_BYTES, BodyTooLargeError, read_body
from revops.http.metrics import Metrics
from revops.http.slack_presses import Presses
from revops.service.note_refusals import Refusals
from revops.service.press import SlackTenant

PATH = "/slack/{tenant}"
_HELD_SECONDS = 300.0
_TIMESTAMP = re.compile(r"\d{1,12}")
_MESSAGES = {
    "no_signature": "the headers X-Slack-Signature and X-Slack-Request-Timestamp are missing",
    "bad_signature": "the signature in X-Slack-Signature does not match",
    "stale_signature": "the request is older than 300 seconds",
}
_log = structlog.get_logger(__name__)
_UNKNOWN = "this is no press of a button or form"
_NOT_DECIDED = "nothing was decided; the request id finds it in the logs"
_FORM = "application/x-www-form-urlencoded"
_ERRORS = {"response_action": "errors", "errors": {"note": "Say in a few words why."}}
# What slack_bolt raises where a signed body is not as Slack writes it.
_NONSENSE = (ValueError, TypeError, AttributeError, KeyError, IndexError)
_NO_SLACK = "there is no such tenant, or it has no Slack"


class KnownPresses:
    """Each tenant's presses; `load` asks the store, every few minutes for the ones that there are.

    A token that was replaced holds after that, and strangers' guesses at tenants are not kept.
    """

    def __init__(self, load: Callable[[str], SlackTenant | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock = clock
        self._known: dict[str, tuple[float, Presses]] = {}

    def __call__(self, tenant_id: str) -> Presses | None:
        """A tenant's, None where it has no Slack. It may wait for the store."""
        known = self._known.get(tenant_id)
        if known is not None and self._clock() - known[0] < _HELD_SECONDS:
            return known[1]
        try:
            tenant = self._load(tenant_id)
        except RevopsError as error:
            _log.error("slack_not_read", tenant=tenant_id, error=str(error))
            return None
        if tenant is None:
            self._known.pop(tenant_id, None)
            return None
        # The same workspace goes on remembering what it has taken.
        is_same = known is not None and _tokens(known[1].tenant) == _tokens(tenant)
        presses = known[1] if known is not None and is_same else Presses(tenant)
        self._known[tenant_id] = (self._clock(), presses)
        return presses


def _tokens(tenant: SlackTenant) -> tuple[str | None, ...]:
    return tenant.bot_token, tenant.signing_secret, tenant.app_token, tenant.team_id


@dataclass(frozen=True)
class SlackRoute:
    """The route; `presses` gives a tenant's, None where it has no Slack by HTTP, and may ask the store."""

    presses: Callable[[str], Presses | None]
    metrics: Metrics
    refusals: Refusals

    def install(self, app: FastAPI) -> None:
        """Add the route to the application."""
        app.add_api_route(
            PATH,
            self.take,
            methods=["POST"],
            responses=_answers(),
            openapi_extra=_request(),
            response_class=Response,
            tags=["slack"],
            summary="Presses of buttons and forms in a tenant's Slack",
            name="slack_presses",
        )

    async def take(self, request: Request) -> Response:
        """A press in a tenant's workspace, signed by Slack; answered once it is decided."""
        tenant_id = request.path_params["tenant"]
        # The store is asked, and presses decide there: not in the loop that takes webhooks.
        presses = await asyncio.to_thread(self.presses, tenant_id)
        if presses is None or presses.tenant.signing_secret is None:
            return self._refuse(request, 404, "unknown_tenant", _NO_SLACK)
        try:
            body = await read_body(request)
        except BodyTooLargeError:
            message = f"a body may have {MAX_BODY_BYTES} bytes"
            return self._refuse(request, 413, "too_large", message, tenant_id, closes=True)
        except ClientDisconnect:
            return self._refuse(request, 400, "disconnected", "the body ended early", tenant_id, closes=True)
        wrong = problem(body, request, presses.tenant.signing_secret)
        if wrong is not None:
            return self._refuse(request, 401, wrong, _MESSAGES[wrong], tenant_id)
        try:
            # What is signed is UTF-8: the check has read it.
            asked = BoltRequest(body=body.decode(), headers=dict(request.headers))
        except _NONSENSE:
            return self._refuse(request, 400, "unknown_payload", _UNKNOWN, tenant_id)
        answer, after = await asyncio.to_thread(presses.take, asked)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return refusal(500, "internal_error", _NOT_DECIDED)
        if answer.status != HTTPStatus.OK:
            return self._refuse(request, 400, "unknown_payload", _UNKNOWN, tenant_id)
        return Response(answer.body, 200, answer.first_headers(), background=BackgroundTask(after))

    def _refuse(
        self,
        request: Request,
        status: int,
        reason: str,
        message: str,
        tenant_id: str | None = None,
        *,
        closes: bool = False,
    ) -> Response:
        self.metrics.refused.labels(reason).inc()
        self.refusals.add(reason, tenant_id, request.client.host if request.client else "")
        return refusal(status, reason, message, closes=closes)


def problem(body: bytes, request: Request, secret: str) -> str | None:
    """What is wrong with the signature of a request, None for nothing."""
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    given = request.headers.get("x-slack-signature", "")
    if not timestamp or not given:
        return "no_signature"
    # slack_sdk would raise for what is no number, no UTF-8 or no ASCII.
    if _TIMESTAMP.fullmatch(timestamp) is None or not timestamp.isascii() or not given.isascii():
        return "bad_signature"
    try:
        verifier = SignatureVerifier(secret)
        if verifier.is_valid(body, timestamp, given):
            return None
        expected = verifier.generate_signature(timestamp=timestamp, body=body)
    except UnicodeDecodeError:
        return "bad_signature"
    # Only who holds the secret learns that the time is what is wrong.
    return "stale_signature" if expected == given else "bad_signature"


def _answers() -> dict[int | str, dict[str, Any]]:
    return {
        200: {
            "description": "Taken. A body, if any, says what becomes of the form.",
            "content": {
                "text/plain": {"schema": {"type": "string"}, "example": ""},
                "application/json": {"schema": {"type": "object"}, "example": _ERRORS},
            },
        },
        **documented(400, "The signed body is none that Slack sends, or ended early.", "unknown_payload", _UNKNOWN),
        **documented(401, "The signature is missing, wrong or too old.", "bad_signature", _MESSAGES["bad_signature"]),
        **documented(404, "No such tenant, or no Slack there.", "unknown_tenant", _NO_SLACK),
        **documented(413, "The body is larger than 1 MiB.", "too_large", f"a body may have {MAX_BODY_BYTES} bytes"),
        **documented(500, "Nothing was decided.", "internal_error", _NOT_DECIDED),
    }


def _request() -> dict[str, Any]:
    def header(name: str, example: str) -> dict[str, Any]:
        return {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "example": example}

    tenant = {
        "name": "tenant",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"},
        "example": "default",
    }
    form = {"type": "object", "properties": {"payload": {"type": "string"}}, "required": ["payload"]}
    return {
        "parameters": [
            tenant,
            header("X-Slack-Signature", "v0=..."),
            header("X-Slack-Request-Timestamp", "1790000000"),
        ],
        "requestBody": {"required": True, "content": {_FORM: {"schema": form, "example": {"payload": "{...}"}}}},
    }
