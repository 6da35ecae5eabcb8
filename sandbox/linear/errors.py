"""Linear's refusals: an error in the body, most of them inside a 200.

Source: https://linear.app/developers/graphql and the official SDK's list of types. The sentences are ours.
"""

from __future__ import annotations

from typing import Any

# Type to (code, HTTP status of the answer, whether the caller is at fault).
_KINDS = {
    "authentication error": ("AUTHENTICATION_ERROR", 401, True),
    "forbidden": ("FORBIDDEN", 200, True),
    "feature not accessible": ("FEATURE_NOT_ACCESSIBLE", 200, True),
    "usage limit exceeded": ("USAGE_LIMIT_EXCEEDED", 200, True),
    # Too many requests are a 400, not a 429.
    "ratelimited": ("RATELIMITED", 400, True),
    "invalid input": ("INVALID_INPUT", 200, True),
    "user error": ("INPUT_ERROR", 200, True),
    "graphql error": ("GRAPHQL_VALIDATION_FAILED", 400, True),
    "internal error": ("INTERNAL_SERVER_ERROR", 200, False),
    "lock timeout": ("LOCK_TIMEOUT", 200, False),
}
TYPES = tuple(_KINDS)


class LinearError(Exception):
    """Something that Linear refuses. `extensions` is what graphql-core puts beside the message."""

    def __init__(self, kind: str, message: str, *, presentable: str | None = None) -> None:
        super().__init__(message)
        code, status, is_users = _KINDS.get(kind, (kind.upper().replace(" ", "_"), 200, False))
        self.status = status
        self.extensions: dict[str, Any] = {
            "type": kind,
            "code": code,
            "userError": is_users,
            "userPresentableMessage": presentable or message,
        }

    @property
    def body(self) -> dict[str, Any]:
        """The whole answer, where nothing was executed."""
        return {"errors": [{"message": str(self), "extensions": self.extensions}], "data": None}


def not_found(kind: str) -> LinearError:
    """There is none with this id, or it is archived and may not be changed."""
    return LinearError("user error", f"Entity not found: {kind}", presentable=f"Could not find referenced {kind}.")


def invalid(what: str) -> LinearError:
    """An argument that Linear's validation refuses."""
    return LinearError("invalid input", "Argument Validation Error", presentable=what)
