"""What Linear can answer instead of yes; each text says what to do next.

Linear says what is wrong in `errors[].extensions`, `type` (words) or `code` (capitals), inside a 200 as well as with a
status of its own: too many requests come as a 400. Source: https://linear.app/developers/graphql and the list of types
in the official SDK (`LinearErrorType`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from revops.connectors.linear.words import line
from revops.domain.task import TaskError, TaskRefusedError, TaskUnavailableError

_KEY = frozenset({"authentication", "unauthenticated"})
_RIGHTS = frozenset({"forbidden", "feature not accessible"})
_PLAN = frozenset({"usage limit exceeded"})
_BUSY = frozenset({"ratelimited", "rate limited"})
_REFUSED = frozenset(
    {
        *("invalid input", "input", "user", "bad user input", "not found", "entity not found"),
        *("graphql", "graphql validation failed", "graphql parse failed"),
    }
)
_MOST_SECONDS = 86_400
_SAID = 300
_STATUS = {401: "authentication", 403: "forbidden", 404: "address", 429: "ratelimited", 408: "unknown"}


def typed(
    status: int | None, errors: object, headers: Mapping[str, str], *, doing: str, is_change: bool
) -> TaskRefusedError | TaskUnavailableError:
    """The error of an answer by what it means for us.

    `status` is HTTP's, None inside a 200. `errors` is what stood under that name, of any shape. `is_change`: the
    request was to change something, so that without a clear word of Linear's it may have done so.
    """
    given = _listed(errors)
    first = next((kind for kind in map(_kind, given) if kind), None)
    kind = first or _kind_of_status(status)
    said = _said(given)
    if kind in _BUSY:
        return TaskUnavailableError(
            f"Linear asks for fewer requests ({doing}); it is tried again.",
            retry_after_seconds=_seconds(headers.get("retry-after")),
        )
    if kind in _KEY:
        return TaskRefusedError(
            f"Linear does not take the API key ({doing}). Make one in Linear under Settings, Security & access, "
            f"Personal API keys, and correct LINEAR_API_KEY, or the tenant's connection to Linear.{said}"
        )
    if kind in _RIGHTS:
        return TaskRefusedError(
            f"Linear does not allow this API key to {doing}. Give it read and write access, and its owner access to "
            f"the team.{said}"
        )
    if kind in _PLAN:
        return TaskRefusedError(
            f"Linear's plan is used up ({doing}): archive issues, or change the plan of the workspace.{said}"
        )
    if kind == "address":
        return TaskRefusedError(
            f"There is no Linear at this address ({doing}, status {status}). Correct LINEAR_API_BASE.{said}"
        )
    if kind in _REFUSED or (kind is None and any(_is_users(one) for one in given)):
        return TaskRefusedError(
            f"Linear refuses to {doing}.{said or f' It answers with status {status}.'} Correct the task's team, "
            "assignee and labels in the policy or the playbook."
        )
    return TaskUnavailableError(
        f"Linear fails to {doing} ({kind or 'no reason given'}{f', status {status}' if status else ''}); it is tried "
        f"again.{said}",
        may_have_arrived=is_change,
    )


def unreadable(doing: str, *, is_change: bool) -> TaskUnavailableError:
    """Something came back that is no answer of Linear's."""
    return TaskUnavailableError(
        f"Linear's answer cannot be read ({doing}); it is tried again. If it stays so, check LINEAR_API_BASE.",
        may_have_arrived=is_change,
    )


def is_worth_repeating(error: TaskError) -> bool:
    """Whether a read may work in a moment; where Linear asks for a pause, somebody else waits for longer."""
    return isinstance(error, TaskUnavailableError) and error.retry_after_seconds is None


def _listed(errors: object) -> list[Mapping[str, Any]]:
    found = errors if isinstance(errors, Sequence) and not isinstance(errors, str | bytes) else []
    return [one for one in found if isinstance(one, Mapping)]


def _extensions(error: Mapping[str, Any]) -> Mapping[str, Any]:
    found = error.get("extensions")
    return found if isinstance(found, Mapping) else {}


def _kind(error: Mapping[str, Any]) -> str | None:
    """`AUTHENTICATION_ERROR` and `authentication error` are one."""
    for name in ("type", "code"):
        given = _extensions(error).get(name)
        if isinstance(given, str) and given.strip():
            return line(given.lower().replace("_", " ").removesuffix(" error"), 60)
    return None


def _is_users(error: Mapping[str, Any]) -> bool:
    return _extensions(error).get("userError") is True


def _kind_of_status(status: int | None) -> str | None:
    if status is None or status >= 500:
        return None
    return _STATUS.get(status, "input" if status >= 400 else "address")


def _said(errors: Sequence[Mapping[str, Any]]) -> str:
    for error in errors:
        given = _extensions(error).get("userPresentableMessage") or error.get("message")
        if isinstance(given, str) and given.strip():
            return f" Linear says: {line(given, _SAID)}"
    return ""


def _seconds(given: str | None) -> float | None:
    if given is None or not given.isascii() or not given.isdecimal():
        return None
    return float(min(int(given[:9]), _MOST_SECONDS))
