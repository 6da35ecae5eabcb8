"""A Linear workspace: people, teams with their states, labels, issues, and the one API key there is."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from .errors import not_found
from .records import Comment, Issue, Label, State, Team, User, new_id

_PEOPLE = (
    ("Ada Lindqvist", "ada", "ada@sandbox.example"),
    ("Ben Okafor", "ben", "ben@sandbox.example"),
    ("Cleo Marsh", "cleo", "cleo@sandbox.example"),
)
_TEAMS = (("REV", "Revenue"), ("FIN", "Finance"))
_STATES = (
    ("Triage", "triage"),
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("Done", "completed"),
    ("Collected", "completed"),
    ("Canceled", "canceled"),
    ("Duplicate", "duplicate"),
)
_FIRST_STATE = "Todo"
_SCOPES = frozenset({"read", "write", "labels"})
_Kind = TypeVar("_Kind")


@dataclass(slots=True)
class Workspace:
    """Everything there is. `lock` is held by whoever reads or changes more than one thing.

    `scopes` are what the API key may do: read, write, and `labels` to make new ones.
    """

    url: str
    api_key: str
    name: str = "Sandbox"
    id: str = field(default_factory=new_id)
    scopes: frozenset[str] = _SCOPES
    is_key_revoked: bool = False
    version: int = 0
    users: list[User] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    issues: dict[str, Issue] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _last: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def viewer(self) -> User:
        """Whose API key it is."""
        return self.users[0]

    def now(self) -> str:
        """A time after all earlier ones, so that what comes second is second."""
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        return self._last.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def changed(self) -> None:
        """Something is another: who shows it looks again."""
        self.version += 1

    def begin_anew(self) -> None:
        """Another workspace at the same address, with the same key: people, teams and a label, and no issue."""
        with self.lock:
            self.id, self.scopes, self.is_key_revoked = new_id(), _SCOPES, False
            for kept in (self.users, self.teams, self.states, self.labels, self.issues):
                kept.clear()
            for person in _PEOPLE:
                self.add_user(*person)
            for team in _TEAMS:
                self.add_team(*team)
            self.add_label("Leak")

    def add_user(self, name: str, display_name: str, email: str, *, is_active: bool = True) -> User:
        """Somebody joins."""
        user = User(new_id(), name, display_name, email, is_active)
        self.users.append(user)
        self.changed()
        return user

    def add_team(self, key: str, name: str) -> Team:
        """A team with Linear's usual states."""
        team = Team(new_id(), key, name)
        self.teams.append(team)
        self.states += [
            State(new_id(), team, title, kind, float(number)) for number, (title, kind) in enumerate(_STATES)
        ]
        self.changed()
        return team

    def add_label(
        self, name: str, team: Team | None = None, *, parent: Label | None = None, is_group: bool = False
    ) -> Label:
        """A label that somebody made; without a team it is the workspace's."""
        label = Label(new_id(), name, team, parent, is_group)
        self.labels.append(label)
        self.changed()
        return label

    def first_state(self, team: Team) -> State:
        """Where an issue of a team begins."""
        return self.state(team, _FIRST_STATE)

    def state(self, team: Team, name: str) -> State:
        """A team's state by its name. Raises LinearError."""
        return _one((one for one in self.states if one.team is team and one.name == name), "WorkflowState")

    def user(self, user_id: str) -> User:
        """A person by id, e-mail address or display name. Raises LinearError."""
        return _one((one for one in self.users if user_id in (one.id, one.email, one.display_name)), "User")

    def issue(self, issue_id: str, *, is_archived_too: bool = True) -> Issue:
        """An issue by id or identifier. Raises LinearError."""
        found = (one for one in self.issues.values() if issue_id in (one.id, one.identifier))
        return _one((one for one in found if is_archived_too or one.archived_at is None), "Issue")

    def say(self, who: str, issue_id: str, body: str) -> Comment:
        """A person comments."""
        with self.lock:
            issue = self.issue(issue_id)
            comment = Comment(new_id(), body, self.now(), self.user(who))
            issue.comments.append(comment)
            self.changed()
            return comment

    def say_as_app(self, bot: str, issue_id: str, body: str) -> Comment:
        """Another app comments."""
        with self.lock:
            comment = Comment(new_id(), body, self.now(), None, bot)
            self.issue(issue_id).comments.append(comment)
            self.changed()
            return comment

    def move(self, issue_id: str, state: str) -> Issue:
        """A person moves an issue to another state, by its name."""
        with self.lock:
            issue = self.issue(issue_id)
            issue.state = self.state(issue.team, state)
            issue.updated_at = self.now()
            self.changed()
            return issue

    def move_to_team(self, issue_id: str, key: str) -> Issue:
        """A person gives an issue to another team: it gets another identifier and keeps its id."""
        with self.lock:
            issue = self.issue(issue_id)
            issue.team = _one((one for one in self.teams if one.key == key), "Team")
            issue.team.numbers += 1
            issue.number = issue.team.numbers
            issue.state = self.state(issue.team, issue.state.name)
            self.changed()
            return issue

    def archive(self, issue_id: str, *, is_trash: bool = False) -> Issue:
        """A person archives an issue, or puts it into the trash."""
        with self.lock:
            issue = self.issue(issue_id)
            issue.archived_at, issue.is_trashed = self.now(), is_trash
            self.changed()
            return issue

    def delete(self, issue_id: str) -> None:
        """Thirty days in the trash have passed."""
        with self.lock:
            del self.issues[self.issue(issue_id).id]
            self.changed()


def furnished(url: str, *, api_key: str | None = None) -> Workspace:
    """A workspace with a few people, two teams and a label. The key is the first person's, made up if none is given."""
    workspace = Workspace(url, api_key or f"lin_api_{secrets.token_hex(20)}")
    workspace.begin_anew()
    return workspace


def _one(found: Iterator[_Kind], kind: str) -> _Kind:
    for one in found:
        return one
    raise not_found(kind)
