"""Stripe's error answers: status, type, code and message as the API words them.

Source of shape and codes: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes.
"""

from __future__ import annotations

from typing import Any

INVALID = "invalid_request_error"


class StripeError(Exception):
    """An answer other than 200. `body` is the value of the answer's `error` key."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = INVALID,
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        body: dict[str, Any] = {"message": message, "type": kind}
        if code:
            body["code"] = code
            body["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param:
            body["param"] = param
        body.update({key: value for key, value in more.items() if value is not None})
        self.body = body


def missing(kind: str, object_id: str, param: str, *, status: int = 404, other_mode: str | None = None) -> StripeError:
    """No object of that id. With `other_mode` it says that the other mode has one, as Stripe does."""
    message = f"No such {kind}: '{object_id}'"
    if other_mode == "live":
        message += "; a similar object exists in live mode, but a test mode key was used to make this request."
    elif other_mode == "test":
        message += "; a similar object exists in test mode, but a live mode key was used to make this request."
    return StripeError(status, message, code="resource_missing", param=param)


def unknown_url(method: str, path: str) -> StripeError:
    """A path that the API does not have."""
    return StripeError(
        404,
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs "
        "or we can help at https://support.stripe.com/.",
    )


def unknown_parameter(name: str) -> StripeError:
    """A parameter that the endpoint does not take."""
    return StripeError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
