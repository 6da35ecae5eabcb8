"""Linear as a task system: one issue per key, whatever happens on the way.

Linear keeps no idempotency keys, but takes the id of what is to be made, and ids are unique: so an issue's id is made
from the task's key. Two requests with one key cannot make two issues, not even at once or after a lost answer, and the
issue of a key is found by its id wherever people have moved it, renamed it or archived it. Attachments would not do:
their addresses are unique per issue only, they are made in a second request, and people remove them. The workspace's
own id is part of it, as ids are unique over all of Linear. Source: the descriptions of `IssueCreateInput.id` ("UUID v4
format") and `Attachment.url` in Linear's schema.
"""

import hashlib
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pydantic import SecretStr

from revops.connectors.linear import documents
from revops.connectors.linear.client import API_URL, LinearClient
from revops.connectors.linear.errors import unreadable
from revops.connectors.linear.lookups import find_labels, find_person, find_team
from revops.connectors.linear.shapes import state_of, task_of, text_of
from revops.connectors.linear.words import COMMENT, TITLE, description, escaped, line, markdown, web_address
from revops.domain.task import NewTask, Task, TaskRefusedError, TaskUnavailableError

_COMMENT_PAGES = 20
_ATTACHMENT = "The leak that this is about"


class LinearTasks:
    """One workspace, behind `domain.task.KeepsTasks`. Keys name tasks within the workspace, so they hold the tenant.

    `api_key` is a personal one with read and write access. `may_create_labels`: labels that are missing are made in the
    team, otherwise they are left out. A task's comments are its first 2,000.
    """

    def __init__(
        self,
        api_key: SecretStr,
        url: str = API_URL,
        *,
        may_create_labels: bool = True,
        per_second: int = 5,
        read_seconds: float = 20.0,
    ) -> None:
        self._client = LinearClient(api_key, url, per_second=per_second, read_seconds=read_seconds)
        self._may_create_labels = may_create_labels
        self._workspace: str | None = None

    def close_connections(self) -> None:
        """End connections and threads; `close` is what is done to a task."""
        self._client.close()

    def open(self, task: NewTask) -> Task:
        """See KeepsTasks. Who or what is missing in Linear is left out, and the description says so."""
        link = web_address(task.link)
        with _shaped("open the task", is_change=True):
            issue = self._issue(self._id("issue", task.key)) or self._create(task, link)
            if link is not None and link not in {one["url"] for one in issue["attachments"]["nodes"]}:
                self._attach(issue["id"], link)
            return task_of(issue, self._comments(issue))

    def find(self, key: str) -> Task | None:
        """See KeepsTasks."""
        with _shaped("find the task", is_change=False):
            issue = self._issue(self._id("issue", key))
            return None if issue is None else task_of(issue, self._comments(issue))

    def close(self, task_id: str, comment: str) -> Task:
        """See KeepsTasks."""
        with _shaped("close the task", is_change=True):
            issue = self._issue(task_id)
            if issue is None:
                raise TaskRefusedError(
                    f"Linear has no task {line(task_id, TITLE)} any more; there is nothing to close."
                )
            if state_of(issue) == "open":
                self._say(issue, markdown(comment, COMMENT))
                issue = self._complete(issue)
            return task_of(issue, self._comments(issue))

    def _id(self, kind: str, *names: str) -> str:
        """The id of what is made for these names, in the form of a UUID of version 4."""
        if self._workspace is None:
            data = self._client.read(documents.WORKSPACE, {}, "see the workspace")
            self._workspace = text_of(data["organization"]["id"])
        told = "\0".join((self._workspace, kind, *names)).encode("utf-8", "surrogatepass")
        return str(uuid.UUID(bytes=hashlib.sha256(told).digest()[:16], version=4))

    def _issue(self, task_id: str) -> dict[str, Any] | None:
        nodes = self._client.read(documents.FIND_TASK, {"id": task_id}, "find the task")["issues"]["nodes"]
        return nodes[0] if nodes else None

    def _create(self, task: NewTask, link: str | None) -> dict[str, Any]:
        title = line(task.title, TITLE)
        if not title or task.priority not in range(5):
            raise TaskRefusedError("A task for Linear has a title, and a priority from 0 to 4.")
        team = find_team(self._client, task.team)
        person = find_person(self._client, task.assignee) if task.assignee else None
        labels = find_labels(
            self._client,
            task.labels,
            team,
            lambda name: self._id("label", team, name.lower()),
            may_create=self._may_create_labels,
        )
        notes = []
        if task.assignee and person is None:
            notes.append(f"This is for {escaped(task.assignee)}, whom Linear does not know as one active person.")
        if labels.missing:
            notes.append(f"Labels that could not be set: {', '.join(map(escaped, labels.missing))}.")
        task_id = self._id("issue", task.key)
        given = {
            "id": task_id,
            "teamId": team,
            "title": title,
            "description": description(task.description, link, tuple(notes)),
            "priority": task.priority,
            "labelIds": list(labels.ids),
            **({"assigneeId": person} if person else {}),
        }
        try:
            made = self._client.change(documents.OPEN_TASK, {"input": given}, "open the task")["issueCreate"]["issue"]
        except TaskRefusedError:
            # Refused is also an id that is taken: somebody was faster with the same key.
            made = self._issue(task_id)
            if made is None:
                raise
        if made is None:
            raise unreadable("open the task", is_change=True)
        return dict(made)

    def _attach(self, task_id: str, link: str) -> None:
        """The way back where people look for it. The same address again is the same attachment."""
        given = {"issueId": task_id, "url": link, "title": _ATTACHMENT}
        # The task is there and its description has the link: a refused attachment is no reason to say otherwise.
        with suppress(TaskRefusedError):
            try:
                self._client.change(documents.ATTACH_LINK, {"input": given}, "attach the link")
            except TaskUnavailableError as error:
                error.may_have_arrived = True
                raise

    def _say(self, issue: Mapping[str, Any], text: str) -> None:
        """Comment once: a close that is repeated after a lost answer finds its own words."""
        said = self._id("comment", issue["id"], text)
        if not text or self._has_comment(issue, said):
            return
        given = {"id": said, "issueId": issue["id"], "body": text}
        try:
            self._client.change(documents.SAY, {"input": given}, "comment on the task")
        except TaskRefusedError:
            now = self._issue(issue["id"])
            if now is None or not self._has_comment(now, said):
                raise

    def _has_comment(self, issue: Mapping[str, Any], comment_id: str) -> bool:
        return any(one["id"] == comment_id for one in self._comments(issue))

    def _complete(self, issue: Mapping[str, Any]) -> dict[str, Any]:
        found = self._client.read(documents.COMPLETED_STATES, {"team": issue["team"]["id"]}, "see the team's states")
        states = sorted(found["workflowStates"]["nodes"], key=lambda one: one["position"])
        if not states:
            raise TaskRefusedError("The team has no completed state that this API key can see: close the task by hand.")
        variables = {"id": issue["id"], "state": states[0]["id"]}
        closed = self._client.change(documents.CLOSE_TASK, variables, "close the task")["issueUpdate"]["issue"]
        if closed is None:
            raise unreadable("close the task", is_change=True)
        return dict(closed)

    def _comments(self, issue: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        page = issue["comments"]
        found = list(page["nodes"])
        for _ in range(_COMMENT_PAGES):
            if not page["pageInfo"]["hasNextPage"]:
                break
            variables = {"id": issue["id"], "after": page["pageInfo"]["endCursor"]}
            page = self._client.read(documents.MORE_COMMENTS, variables, "read the comments")["issue"]["comments"]
            found += page["nodes"]
        return found


@contextmanager
def _shaped(doing: str, *, is_change: bool) -> Generator[None]:
    """What has not the shape that was asked for is no answer; a change may have happened all the same."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise unreadable(doing, is_change=is_change) from error
