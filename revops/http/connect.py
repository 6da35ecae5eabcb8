"""Where Stripe sends an account's owner back to: the end of a link that `leaks tenants connect` printed.

The answer says little to a stranger: what was wrong, and nothing of who else is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from revops.domain.connect import ConnectRefusedError, ConnectSettingsError, ConnectUnavailableError
from revops.http.answers import documented, refusal
from revops.http.metrics import Metrics
from revops.service.connect_account import Connecting, connect_account
from revops.service.note_refusals import Refusals
from revops.store import SecretKeyError

PATH = "/connect/stripe/callback"
_CONFLICTS = frozenset(("connect_already", "connect_other_tenant"))
_NOT_SET_UP = "accounts cannot be connected here"
_AWAY = "Stripe could not be asked; get a new link and try again"

_log = structlog.get_logger(__name__)

_PARAMETERS = [
    {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": description}
    for name, description in (
        ("state", "The state of the link, as Stripe brings it back."),
        ("code", "Stripe's code for the account; without it its owner has declined."),
    )
]
_EXAMPLE = {"result": "connected", "tenant": "acme", "account": "acct_1MtHbELkdIwHu7ix"}


class Connected(BaseModel):
    """The account is connected."""

    result: str = Field(examples=["connected"])
    tenant: str = Field(examples=["acme"])
    account: str = Field(examples=["acct_1MtHbELkdIwHu7ix"], description="Stripe's id of the account.")


@dataclass(frozen=True)
class ConnectCallback:
    """The route; `connecting` raises ConnectSettingsError or SecretKeyError where Connect is not set up."""

    connecting: Callable[[], Connecting]
    metrics: Metrics
    refusals: Refusals
    on_connected: Callable[[], None]

    def install(self, app: FastAPI) -> None:
        """Add the route to the application."""
        app.add_api_route(
            PATH,
            self.come_back,
            methods=["GET"],
            response_model=Connected,
            responses={
                200: {
                    "description": "The account is connected to the tenant of the link.",
                    "content": {"application/json": {"example": _EXAMPLE}},
                },
                **documented(400, "The link or Stripe's code is not good.", "connect_expired", "This link has ended."),
                **documented(404, "Connect is not set up.", "connect_not_set_up", _NOT_SET_UP),
                **documented(409, "Tenant or account is connected already.", "connect_already", "acme has one."),
                **documented(502, "Stripe cannot be asked.", "stripe_unavailable", _AWAY),
            },
            openapi_extra={"parameters": _PARAMETERS},
            tags=["connect"],
            summary="An account's owner comes back from Stripe",
            name="stripe_connect_callback",
        )

    async def come_back(self, request: Request) -> Response:
        """Connect the account whose owner followed a link to its end; a link works once."""
        state, code = (request.query_params.get(name, "") for name in ("state", "code"))
        try:
            connecting = self.connecting()
            # Stripe is asked and the store written: not in the loop that takes webhooks.
            tenant_id, account = await asyncio.to_thread(
                connect_account, connecting, state, code or None, at=datetime.now(UTC)
            )
        except ConnectRefusedError as error:
            self.metrics.refused.labels(error.problem).inc()
            self.refusals.add(error.problem, error.tenant_id, request.client.host if request.client else "")
            return refusal(409 if error.problem in _CONFLICTS else 400, error.problem, str(error))
        except (ConnectSettingsError, SecretKeyError) as error:
            _log.warning("connect_not_set_up", advice=str(error))
            return refusal(404, "connect_not_set_up", _NOT_SET_UP)
        except ConnectUnavailableError as error:
            _log.error("connect_unavailable", error=str(error))
            return refusal(502, "stripe_unavailable", _AWAY)
        self.on_connected()
        _log.info("account_connected", tenant=tenant_id, account=account.account_id)
        return JSONResponse({"result": "connected", "tenant": tenant_id, "account": account.account_id})
