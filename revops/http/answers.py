"""Every answer that is no success has one shape: a reason for machines, a message for people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

import structlog
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from revops import error_reports


class Refusal(BaseModel):
    """Why a request was not taken."""

    reason: str = Field(examples=["bad_signature"], description="One word that does not change.")
    message: str = Field(examples=["no signature in Stripe-Signature matches"], description="The same for people.")


def refusal(
    status: int, reason: str, message: str, *, headers: dict[str, str] | None = None, closes: bool = False
) -> JSONResponse:
    """An error answer; `closes` ends the connection after it, because what the client still sends is not read."""
    return JSONResponse(
        {"reason": reason, "message": message},
        status,
        headers={**(headers or {}), **({"Connection": "close"} if closes else {})},
    )


async def http_error(_request: Request, error: Exception) -> JSONResponse:
    """No such path, a method that is not allowed."""
    known = cast(HTTPException, error)
    status = HTTPStatus(known.status_code)
    reason = status.phrase.lower().replace(" ", "_")
    return refusal(status, reason, str(known.detail), headers=dict(known.headers or {}))


async def fault(_request: Request, error: Exception) -> JSONResponse:
    """Something of ours broke; what it was is in the logs and not in the answer."""
    error_reports.report(error)
    # This answer is given outside of what adds the header to all others.
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    message = "the request was not carried out; the request id finds it in the logs"
    return refusal(500, "internal_error", message, headers={"X-Request-Id": request_id})


def documented(status: int, description: str, reason: str, message: str) -> dict[int | str, dict[str, Any]]:
    """An error answer for the OpenAPI document, with its example."""
    example = {"reason": reason, "message": message}
    return {
        status: {
            "model": Refusal,
            "description": description,
            "content": {"application/json": {"example": example}},
        }
    }
