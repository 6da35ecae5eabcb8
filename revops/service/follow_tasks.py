"""Follow tasks: what colleagues said about them is taken over, and a task whose leak has ended is closed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from revops.domain.kept_task import KeptTask
from revops.domain.leak import Leak
from revops.domain.ports import KeepsActions
from revops.domain.task import KeepsTasks, Task, TaskError

# As often as a person would look whether somebody has answered.
LOOK_EVERY = timedelta(minutes=10)

_log = structlog.get_logger(__name__)


class KeepsOpenTasks(Protocol):
    """The tasks that were opened."""

    def still_open(self, tenant_id: str) -> list[KeptTask]:
        """Those that are not closed."""
        ...

    def opened(self, tenant_id: str, action_id: str, task: Task, at: datetime) -> None:
        """The task as it is there."""
        ...


@dataclass(frozen=True)
class Following:
    """What following works with; `leaks` gives leaks by their ids."""

    kept: KeepsOpenTasks
    actions: KeepsActions
    leaks: Callable[[str, Sequence[str]], Sequence[Leak]]
    tasks: Callable[[str], KeepsTasks | None]


def follow_tasks(parts: Following, tenant_id: str, at: datetime) -> int:
    """Look at a tenant's open tasks that nobody has looked at for a while, and count those that were closed.

    One that cannot be looked at now is looked at later; it holds up no other.
    """
    system = parts.tasks(tenant_id)
    waiting = parts.kept.still_open(tenant_id) if system is not None else []
    leaks = {one.leak_id: one for one in parts.leaks(tenant_id, [one.leak_id for one in waiting])} if waiting else {}
    closed = 0
    for one in waiting:
        leak = leaks.get(one.leak_id)
        has_ended = leak is not None and leak.closed_at is not None
        if system is None or one.task is None or (not has_ended and at - one.updated_at < LOOK_EVERY):
            continue
        try:
            if has_ended and leak is not None:
                now: Task | None = system.close(one.task.task_id, _ending(leak))
                closed += 1
            else:
                now = _look(parts, system, tenant_id, one)
        except TaskError as error:
            _log.warning("task_not_followed", tenant=tenant_id, action=one.action_id, error=str(error))
            continue
        if now is not None:
            parts.kept.opened(tenant_id, one.action_id, now, at)
    return closed


def _look(parts: Following, system: KeepsTasks, tenant_id: str, one: KeptTask) -> Task | None:
    action = parts.actions.get(tenant_id, one.action_id)
    return system.find(action.idempotency_key) if action is not None and action.idempotency_key else None


def _ending(leak: Leak) -> str:
    how = (leak.resolution or leak.status).replace("_", " ")
    return f"The leak has ended: {how}."
