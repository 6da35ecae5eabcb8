"""A task as it is kept beside the action that opened it."""

from dataclasses import dataclass
from datetime import datetime

from revops.domain.letter import TaskDraft
from revops.domain.task import Task


@dataclass(frozen=True)
class KeptTask:
    """A task with its action and leak; `draft` is None once the customer was erased."""

    action_id: str
    leak_id: str
    draft: TaskDraft | None
    task: Task | None
    updated_at: datetime
