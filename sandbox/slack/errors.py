"""Slack's refusals: HTTP 200 with `ok: false` and a code, or a status of its own when there are too many requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class SlackError(Exception):
    """A call that Slack refuses. `messages` say what is wrong with blocks or arguments."""

    def __init__(
        self,
        code: str,
        messages: Sequence[str] = (),
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"ok": False, "error": code, **more}
        if messages:
            self.body["errors"] = list(messages)
            self.body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in messages]}


def rate_limited(seconds: int) -> SlackError:
    """Come back in so many seconds."""
    return SlackError("ratelimited", status=429, headers={"Retry-After": str(seconds)})
