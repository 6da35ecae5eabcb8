"""Tasks that were opened for colleagues, and what they said about them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update

from revops.domain.kept_task import KeptTask
from revops.domain.letter import TaskDraft
from revops.domain.task import Comment, Task
from revops.store.letter_tables import tasks
from revops.store.rows import insert_into
from revops.store.store import Store
from revops.store.tenants import require


class Tasks:
    """Keeping and reading. An unknown tenant raises TenantError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, tenant_id: str, leak_id: str, action_id: str, draft: TaskDraft, at: datetime) -> None:
        """What is to be asked, once the action exists; the newest words hold until the task is opened."""
        said = {"title": draft.title, "description": draft.description, "comments": []}
        row: dict[str, Any] = {
            "tenant_id": tenant_id,
            "action_id": action_id,
            "leak_id": leak_id,
            "state": "open",
            "said": json.dumps(said, sort_keys=True, ensure_ascii=False),
            "updated_at": at,
        }
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            write = insert_into(connection, tasks).values(row)
            newer = {"said": row["said"], "updated_at": at}
            connection.execute(
                write.on_conflict_do_update(
                    index_elements=["tenant_id", "action_id"], set_=newer, where=tasks.c.task_id.is_(None)
                )
            )

    def opened(self, tenant_id: str, action_id: str, task: Task, at: datetime) -> None:
        """The task as it is there."""
        mine = (tasks.c.tenant_id == tenant_id, tasks.c.action_id == action_id)
        with self._store.tenant(tenant_id) as connection:
            held = connection.scalar(select(tasks.c.said).where(*mine).with_for_update())
            said = json.loads(held) if held else None
            if said is not None:
                said["comments"] = [
                    {"id": one.comment_id, "author": one.author, "at": one.at.isoformat(), "body": one.body}
                    for one in task.comments
                ]
            values = {
                "task_id": task.task_id,
                "identifier": task.identifier,
                "url": task.url,
                "state": task.state,
                "said": json.dumps(said, sort_keys=True, ensure_ascii=False) if said is not None else None,
                "updated_at": at,
            }
            connection.execute(update(tasks).where(*mine).values(values))

    def draft_of(self, tenant_id: str, action_id: str) -> TaskDraft | None:
        """The words of an action's task; None where they were erased."""
        kept = self.get(tenant_id, action_id)
        return kept.draft if kept is not None else None

    def get(self, tenant_id: str, action_id: str) -> KeptTask | None:
        """The task of an action."""
        query = select(tasks).where(tasks.c.tenant_id == tenant_id, tasks.c.action_id == action_id)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            row = connection.execute(query).mappings().first()
        return _kept(row) if row is not None else None

    def of_leaks(self, tenant_id: str, leak_ids: Sequence[str]) -> list[KeptTask]:
        """The tasks about leaks."""
        query = select(tasks).where(tasks.c.tenant_id == tenant_id, tasks.c.leak_id.in_(leak_ids))
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return [_kept(row) for row in connection.execute(query.order_by(tasks.c.updated_at)).mappings()]

    def still_open(self, tenant_id: str) -> list[KeptTask]:
        """The tasks that were opened and are not closed."""
        query = select(tasks).where(
            tasks.c.tenant_id == tenant_id, tasks.c.task_id.is_not(None), tasks.c.state == "open"
        )
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return [_kept(row) for row in connection.execute(query).mappings()]

    def erase(self, tenant_id: str, leak_ids: Sequence[str]) -> int:
        """Empty what was said about leaks of an erased customer."""
        mine = (tasks.c.tenant_id == tenant_id, tasks.c.leak_id.in_(leak_ids), tasks.c.said.is_not(None))
        with self._store.tenant(tenant_id) as connection:
            if not self._store.is_postgres:
                connection.exec_driver_sql("pragma secure_delete = on")
            return connection.execute(update(tasks).where(*mine).values(said=None)).rowcount


def _kept(row: RowMapping) -> KeptTask:
    said = json.loads(row["said"]) if row["said"] else None
    draft = TaskDraft(said["title"], said["description"]) if said else None
    task = None
    if row["task_id"] is not None:
        comments = tuple(
            Comment(one["id"], one["author"], datetime.fromisoformat(one["at"]), one["body"])
            for one in (said["comments"] if said else ())
        )
        task = Task(row["task_id"], row["identifier"], row["url"], row["state"], comments)
    return KeptTask(row["action_id"], row["leak_id"], draft, task, row["updated_at"])
