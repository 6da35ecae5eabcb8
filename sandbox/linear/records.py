"""What a Linear workspace holds."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field


def new_id() -> str:
    """An id as Linear makes them."""
    return str(uuid.uuid4())


@dataclass(slots=True)
class User:
    """Somebody in the workspace; `is_active` is false for who has left."""

    id: str
    name: str
    display_name: str
    email: str
    is_active: bool = True


@dataclass(slots=True)
class Team:
    """A team. `is_retired`: it takes no more issues."""

    id: str
    key: str
    name: str
    is_retired: bool = False
    numbers: int = 0


@dataclass(slots=True)
class State:
    """A state of a team's workflow; `type` is Linear's word."""

    id: str
    team: Team
    name: str
    type: str
    position: float


@dataclass(slots=True)
class Label:
    """A label of one team, or of the workspace. A group holds others and cannot be set itself."""

    id: str
    name: str
    team: Team | None = None
    parent: Label | None = None
    is_group: bool = False


@dataclass(slots=True)
class Comment:
    """What somebody said. `user` is None for an app, which `bot` names."""

    id: str
    body: str
    at: str
    user: User | None
    bot: str | None = None


@dataclass(slots=True)
class Attachment:
    """A link of an issue."""

    id: str
    title: str
    url: str
    at: str


@dataclass(slots=True)
class Issue:
    """A task. Times are ISO 8601."""

    id: str
    team: Team
    number: int
    title: str
    description: str
    priority: int
    state: State
    assignee: User | None
    labels: list[Label]
    created_at: str
    updated_at: str
    archived_at: str | None = None
    is_trashed: bool = False
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    @property
    def identifier(self) -> str:
        """`REV-12`."""
        return f"{self.team.key}-{self.number}"
