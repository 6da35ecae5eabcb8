"""Linear's answers as the domain's records. What has not Linear's shape raises KeyError, TypeError or ValueError."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from revops.domain.task import Comment, Task

_DONE = "completed"
_CANCELLED = frozenset({"canceled", "duplicate"})


def state_of(issue: Mapping[str, Any]) -> str:
    """`open`, `done` or `cancelled`. What was thrown away or archived unfinished is nobody's task any more."""
    kind = issue["state"]["type"]
    if kind == _DONE:
        return "done"
    if kind in _CANCELLED or issue.get("trashed") or issue.get("archivedAt"):
        return "cancelled"
    return "open"


def task_of(issue: Mapping[str, Any], comments: Iterable[Mapping[str, Any]]) -> Task:
    """A task with its comments, oldest first."""
    return Task(
        task_id=text_of(issue["id"]),
        identifier=text_of(issue["identifier"]),
        url=text_of(issue["url"]),
        state=state_of(issue),
        comments=tuple(sorted(map(_comment, comments), key=lambda one: (one.at, one.comment_id))),
    )


def _comment(given: Mapping[str, Any]) -> Comment:
    return Comment(text_of(given["id"]), _author(given), _moment(given["createdAt"]), text_of(given["body"]))


def _author(given: Mapping[str, Any]) -> str | None:
    """A person of the workspace, somebody who wrote through Slack or the like, or an app."""
    for who in ("user", "externalUser", "botActor"):
        found = given.get(who) or {}
        for name in ("name", "displayName", "userDisplayName"):
            if found.get(name):
                return text_of(found[name])
    return None


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text_of(text))
    if at.tzinfo is None:
        raise ValueError("a moment without a zone")
    return at.astimezone(UTC)


def text_of(given: object) -> str:
    """A text, and nothing that only prints like one."""
    if not isinstance(given, str):
        raise TypeError("a text is expected")
    return given
