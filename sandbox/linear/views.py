"""What a workspace holds, in the words of Linear's schema. Relations are looked up when they are asked for."""

from __future__ import annotations

from typing import Any

from .filters import page
from .records import Attachment, Comment, Issue, Label, State, Team, User
from .workspace import Workspace

Shown = dict[str, Any]


def team(one: Team) -> Shown:
    """A Team."""
    retired_at = "2026-01-01T00:00:00.000Z" if one.is_retired else None
    return {"id": one.id, "key": one.key, "name": one.name, "archivedAt": None, "retiredAt": retired_at}


def user(one: User, workspace: Workspace) -> Shown:
    """A User."""
    return {
        "id": one.id,
        "name": one.name,
        "displayName": one.display_name,
        "email": one.email,
        "active": one.is_active,
        "isAssignable": one.is_active,
        "isMe": one is workspace.viewer,
    }


def state(one: State) -> Shown:
    """A WorkflowState."""
    return {"id": one.id, "name": one.name, "type": one.type, "position": one.position, "team": team(one.team)}


def label(one: Label) -> Shown:
    """An IssueLabel."""
    return {
        "id": one.id,
        "name": one.name,
        "isGroup": one.is_group,
        "parent": label(one.parent) if one.parent is not None else None,
        "team": team(one.team) if one.team is not None else None,
    }


def comment(one: Comment, workspace: Workspace) -> Shown:
    """A Comment."""
    return {
        "id": one.id,
        "body": one.body,
        "createdAt": one.at,
        "user": user(one.user, workspace) if one.user is not None else None,
        "externalUser": None,
        "botActor": {"id": None, "name": one.bot, "type": "integration", "userDisplayName": None} if one.bot else None,
    }


def attachment(one: Attachment) -> Shown:
    """An Attachment."""
    return {"id": one.id, "title": one.title, "url": one.url, "createdAt": one.at}


def issue(one: Issue, workspace: Workspace) -> Shown:
    """An Issue."""
    return {
        "id": one.id,
        "identifier": one.identifier,
        "number": one.number,
        "url": f"{workspace.url}/issue/{one.identifier}",
        "title": one.title,
        "description": one.description or None,
        "priority": one.priority,
        "createdAt": one.created_at,
        "updatedAt": one.updated_at,
        "archivedAt": one.archived_at,
        "trashed": one.is_trashed or None,
        "state": state(one.state),
        "team": team(one.team),
        "assignee": user(one.assignee, workspace) if one.assignee is not None else None,
        "attachments": lambda _info, **given: page([attachment(each) for each in one.attachments], given),
        # Linear gives the newest first.
        "comments": lambda _info, **given: page([comment(each, workspace) for each in reversed(one.comments)], given),
        "labels": lambda _info, **given: page([label(each) for each in one.labels], given),
    }
