"""A task for a person, in whatever system people keep their tasks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from revops.errors import RevopsError


class TaskError(RevopsError):
    """The task system did not do what it was asked for."""


class TaskRefusedError(TaskError):
    """It refused, which had no effect: a person of the installation mends it."""


class TaskUnavailableError(TaskError):
    """Not now. `may_have_arrived`: the task may be there all the same; look for it by its key."""

    def __init__(
        self, message: str, *, may_have_arrived: bool = False, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True)
class NewTask:
    """What is asked of a person. `key` names it for ever, so that a second one is never opened.

    `priority`: 0 none, 1 urgent, 2 high, 3 medium, 4 low. `team`, `assignee` and `labels` are names or ids as the
    policy says them. `link` leads back to the leak.
    """

    key: str
    title: str
    description: str
    team: str
    priority: int = 0
    assignee: str | None = None
    labels: tuple[str, ...] = ()
    link: str | None = None


@dataclass(frozen=True)
class Comment:
    """What somebody said about a task."""

    comment_id: str
    author: str | None
    at: datetime
    body: str


@dataclass(frozen=True)
class Task:
    """A task as it is now; `state` is `open`, `done` or `cancelled`."""

    task_id: str
    identifier: str
    url: str
    state: str
    comments: tuple[Comment, ...] = field(default=())


class KeepsTasks(Protocol):
    """A task system. Everything raises TaskRefusedError and TaskUnavailableError."""

    def open(self, task: NewTask) -> Task:
        """Open the task, or find the one that has its key."""
        ...

    def find(self, key: str) -> Task | None:
        """The task of a key, with its comments."""
        ...

    def close(self, task_id: str, comment: str) -> Task:
        """Say what became of it and close it; one that a person has closed stays as it is."""
        ...
