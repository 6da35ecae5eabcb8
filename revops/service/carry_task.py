"""Carrying out `open_task`: a task for a colleague, opened once, found again by its key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from revops.actions.open_task import task_request, words_digest
from revops.domain.action import Action
from revops.domain.billing import NoSuchInvoiceError
from revops.domain.carrying import (
    CameToNothing,
    Go,
    NoTrace,
    OutsideRefusedError,
    OutsideUnavailableError,
    Request,
    Result,
    StandDown,
    Verdict,
    Worked,
)
from revops.domain.ports import KeepsTaskWords, PaysInvoices
from revops.domain.task import KeepsTasks, NewTask, Task, TaskRefusedError, TaskUnavailableError

_NO_SYSTEM = "There is no task system: set LINEAR_API_KEY."


@dataclass(frozen=True)
class OpensTasks:
    """See CarriesOut. `link` leads to a leak's page, None where the dashboard has no address."""

    words: KeepsTaskWords
    tasks: Callable[[str], KeepsTasks | None]
    reading: Callable[[str], PaysInvoices | None]
    link: Callable[[str, str], str | None]
    clock: Callable[[], datetime]

    def missing(self, tenant_id: str, *, is_dry: bool) -> str | None:
        """A key."""
        return None if is_dry or self.tasks(tenant_id) is not None else _NO_SYSTEM

    def look(self, action: Action, at: datetime, *, is_dry: bool) -> Verdict:
        """A task about what is paid wastes a colleague's time; one that cannot be checked does not."""
        draft = self.words.draft_of(action.tenant_id, action.action_id)
        if draft is None or words_digest(draft) != action.draft.body["words"]:
            return StandDown("Its words were erased or have changed.", is_settled=False)
        system = self.reading(action.tenant_id)
        if system is None:
            return Go()
        try:
            now = system.look(str(action.draft.facts["invoice"]), None, tries_since=at - timedelta(days=1))
        except NoSuchInvoiceError:
            return Go()
        if now.status in ("paid", "void"):
            return StandDown(f"The invoice is {now.status} now.", is_settled=True)
        return Go()

    def request(self, action: Action) -> Request:
        """What would be opened; title and description are kept beside the action."""
        return task_request(action.draft)

    def send(self, action: Action, request: Request, key: str) -> Result:
        """Open it."""
        draft = self.words.draft_of(action.tenant_id, action.action_id)
        if draft is None:
            return CameToNothing({"how": "erased"}, "Its words were erased.")
        body = action.draft.body
        task = NewTask(
            key=key,
            title=draft.title,
            description=draft.description,
            team=str(body["team"]),
            priority=int(body["priority"]),
            assignee=body["assignee"],
            labels=tuple(body["labels"]),
            link=self.link(action.tenant_id, action.leak_id),
        )
        try:
            opened = self._system(action.tenant_id).open(task)
        except TaskUnavailableError as error:
            raise _unavailable(error) from error
        except TaskRefusedError as error:
            raise OutsideRefusedError(str(error)) from error
        return self._opened(action, opened)

    def find(self, action: Action, key: str, since: datetime) -> Result | NoTrace:
        """By the key that its id is made of."""
        try:
            found = self._system(action.tenant_id).find(key)
        except TaskUnavailableError as error:
            raise _unavailable(error) from error
        except TaskRefusedError as error:
            raise OutsideRefusedError(str(error)) from error
        if found is not None:
            return self._opened(action, found)
        return NoTrace({"how": "not_opened"}, "The request never arrived; no task was opened.")

    def is_settled_otherwise(self, action: Action, key: str, at: datetime) -> str | None:
        """Nobody else opens our tasks."""
        return None

    def _opened(self, action: Action, task: Task) -> Worked:
        self.words.opened(action.tenant_id, action.action_id, task, self.clock())
        return Worked({"how": "opened", "task": task.identifier, "url": task.url})

    def _system(self, tenant_id: str) -> KeepsTasks:
        system = self.tasks(tenant_id)
        if system is None:
            raise OutsideRefusedError(_NO_SYSTEM, is_ours_to_mend=True)
        return system


def _unavailable(error: TaskUnavailableError) -> OutsideUnavailableError:
    return OutsideUnavailableError(
        str(error), may_have_arrived=error.may_have_arrived, retry_after_seconds=error.retry_after_seconds
    )
