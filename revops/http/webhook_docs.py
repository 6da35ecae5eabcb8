"""What the OpenAPI document says of the webhook endpoints: parameters, body, every answer, with examples."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from revops.http.answers import documented
from revops.http.bodies import MAX_BODY_BYTES

SIGNATURE_MESSAGES = {
    "no_signature": "the header Stripe-Signature is missing",
    "bad_signature": "no signature in Stripe-Signature matches",
    "stale_signature": "the signature is older than 300 seconds",
}


class Taken(BaseModel):
    """What became of a verified event."""

    result: str = Field(
        examples=["stored"],
        description="`stored`, `duplicate` (it was here already), or `unknown_account` (of no tenant; not kept).",
    )


def answers(*, knows_tenant: bool) -> dict[int | str, dict[str, Any]]:
    """Every answer of an endpoint; only the one with a tenant in its path answers 404."""
    tenant = documented(404, "No such tenant.", "unknown_tenant", "there is no such tenant") if knows_tenant else {}
    return {
        200: {
            "description": "The event is stored, or was before. Stripe is done with it.",
            "content": {"application/json": {"example": {"result": "stored"}}},
        },
        **documented(
            400,
            "The signature is missing, wrong or too old, or the signed body is no event. Nothing was kept.",
            "bad_signature",
            SIGNATURE_MESSAGES["bad_signature"],
        ),
        **tenant,
        **documented(413, "The body is larger than 1 MiB.", "too_large", f"a body may have {MAX_BODY_BYTES} bytes"),
        **documented(500, "The event was not stored.", "not_stored", "the event was not stored: send it again"),
        **documented(503, "Too much is waiting; see Retry-After.", "queue_full", "send this one again in a moment"),
    }


def request_of(*, names_tenant: bool) -> dict[str, Any]:
    """Path, header and body of an endpoint."""
    tenant = {
        "name": "tenant",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"},
        "example": "default",
    }
    signature = {
        "name": "Stripe-Signature",
        "in": "header",
        "required": True,
        "description": "`t` and one `v1` per secret: HMAC-SHA256 over `<t>.<raw body>`, at most 300 seconds old.",
        "schema": {"type": "string"},
        "example": f"t=1790812800,v1={'5f' * 32}",
    }
    return {
        "parameters": [tenant, signature] if names_tenant else [signature],
        "requestBody": {
            "required": True,
            "description": "The event as Stripe renders it; kept byte by byte.",
            "content": {"application/json": {"schema": _EVENT_SCHEMA, "example": _event_example(not names_tenant)}},
        },
    }


_EVENT_SCHEMA = {
    "type": "object",
    "required": ["id", "type", "created", "livemode"],
    "properties": {
        "id": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "type": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "created": {"type": "integer", "minimum": 0, "maximum": 2**33},
        "livemode": {"type": "boolean"},
        "account": {"type": "string"},
        "data": {"type": "object", "properties": {"object": {"type": "object"}}},
    },
}


def _event_example(is_connected: bool) -> dict[str, Any]:
    account = {"account": "acct_1MtHbELkdIwHu7ix"} if is_connected else {}
    return {
        "id": "evt_1MtHbELkdIwHu7ixl4OzzPMv",
        "object": "event",
        **account,
        "type": "invoice.payment_failed",
        "created": 1_790_812_800,
        "livemode": True,
        "data": {"object": {"id": "in_1MtHbELkdIwHu7ixl4OzzPMv", "object": "invoice"}},
    }
