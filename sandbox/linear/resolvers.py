"""Linear's queries and mutations, as far as an app needs them that opens, finds, comments on and closes issues."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from . import views
from .errors import LinearError, invalid, not_found
from .filters import matches, page
from .records import Attachment, Comment, Issue, Label, State, Team, User, new_id
from .workspace import Workspace

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
# Linear's schema names no lengths; these are what its API and its app were seen to allow.
_TITLE, _TEXT, _LABEL = 255, 250_000, 255
_PRIORITIES = range(5)
Resolver = Callable[..., Any]
_Thing = TypeVar("_Thing", User, Team, State, Label)


def root(workspace: Workspace) -> dict[str, Resolver]:
    """What graphql-core calls for the fields of Query and Mutation, which have no name in common."""
    acts: dict[str, Callable[..., dict[str, Any]]] = {
        "issueCreate": _create_issue,
        "issueUpdate": _update_issue,
        "issueLabelCreate": _create_label,
        "commentCreate": _create_comment,
        "attachmentCreate": _create_attachment,
    }
    lists: dict[str, Callable[[], Iterable[views.Shown]]] = {
        "issues": lambda: [views.issue(one, workspace) for one in reversed(workspace.issues.values())],
        "issueLabels": lambda: map(views.label, workspace.labels),
        "teams": lambda: map(views.team, workspace.teams),
        "users": lambda: [views.user(one, workspace) for one in workspace.users],
        "workflowStates": lambda: map(views.state, workspace.states),
    }
    return {
        "organization": lambda _info: {"id": workspace.id, "name": workspace.name, "urlKey": "sandbox"},
        "viewer": lambda _info: views.user(workspace.viewer, workspace),
        "issue": lambda _info, id: views.issue(workspace.issue(id), workspace),
        **{name: _listing(found) for name, found in lists.items()},
        **{name: _changing(workspace, act) for name, act in acts.items()},
    }


def _listing(found: Callable[[], Iterable[views.Shown]]) -> Resolver:
    return lambda _info, filter=None, **given: page([one for one in found() if matches(filter, one)], given)


def _changing(workspace: Workspace, act: Callable[..., dict[str, Any]]) -> Resolver:
    def resolve(_info: Any, **given: Any) -> dict[str, Any]:
        if "write" not in workspace.scopes:
            raise LinearError("forbidden", "Invalid scope: `write` required.")
        made = act(workspace, **given)
        workspace.changed()
        return {"success": True, "lastSyncId": float(workspace.version), **made}

    return resolve


def _create_issue(workspace: Workspace, input: Mapping[str, Any]) -> dict[str, Any]:
    team = _of(workspace.teams, input["teamId"], "Team")
    if team.is_retired:
        raise LinearError("user error", "Team is retired.")
    issue_id = _fresh(input.get("id"), workspace.issues)
    now = workspace.now()
    issue = Issue(
        id=issue_id,
        team=team,
        number=team.numbers + 1,
        title=_checked("title", input.get("title"), _TITLE),
        description=_optional("description", input.get("description")),
        priority=_priority(input.get("priority", 0)),
        state=_state(workspace, team, input.get("stateId")),
        assignee=_assignee(workspace, input.get("assigneeId")),
        labels=_labels(workspace, team, input.get("labelIds") or ()),
        created_at=now,
        updated_at=now,
    )
    team.numbers += 1
    workspace.issues[issue_id] = issue
    return {"issue": views.issue(issue, workspace)}


def _update_issue(workspace: Workspace, id: str, input: Mapping[str, Any]) -> dict[str, Any]:
    issue = workspace.issue(id, is_archived_too=False)
    if "title" in input:
        issue.title = _checked("title", input["title"], _TITLE)
    if "description" in input:
        issue.description = _optional("description", input["description"])
    if "priority" in input:
        issue.priority = _priority(input["priority"])
    if "stateId" in input:
        issue.state = _state(workspace, issue.team, input["stateId"])
    if "assigneeId" in input:
        issue.assignee = _assignee(workspace, input["assigneeId"])
    if "labelIds" in input:
        issue.labels = _labels(workspace, issue.team, input["labelIds"] or ())
    issue.updated_at = workspace.now()
    return {"issue": views.issue(issue, workspace)}


def _create_label(workspace: Workspace, input: Mapping[str, Any]) -> dict[str, Any]:
    if "labels" not in workspace.scopes:
        raise LinearError("forbidden", "Creating labels is restricted to admins in this workspace.")
    team = _of(workspace.teams, input["teamId"], "Team") if input.get("teamId") else None
    name = _checked("name", input["name"], _LABEL)
    label_id = _fresh(input.get("id"), {one.id for one in workspace.labels})
    if any(one.name.lower() == name.lower() and one.team in (None, team) for one in workspace.labels):
        raise LinearError("user error", "Duplicate label name.")
    label = Label(label_id, name, team)
    workspace.labels.append(label)
    return {"issueLabel": views.label(label)}


def _create_comment(workspace: Workspace, input: Mapping[str, Any]) -> dict[str, Any]:
    issue = workspace.issue(str(input.get("issueId")), is_archived_too=False)
    body = _checked("body", input.get("body"), _TEXT)
    comment_id = _fresh(input.get("id"), {one.id for every in workspace.issues.values() for one in every.comments})
    comment = Comment(comment_id, body, workspace.now(), workspace.viewer)
    issue.comments.append(comment)
    return {"comment": views.comment(comment, workspace)}


def _create_attachment(workspace: Workspace, input: Mapping[str, Any]) -> dict[str, Any]:
    issue = workspace.issue(input["issueId"], is_archived_too=False)
    if urlsplit(input["url"]).scheme not in ("http", "https"):
        raise invalid("url must be a URL address.")
    title = _checked("title", input["title"], _TITLE)
    for one in issue.attachments:
        if one.url == input["url"]:
            one.title = title
            return {"attachment": views.attachment(one)}
    attachment = Attachment(_fresh(input.get("id"), ()), title, input["url"], workspace.now())
    issue.attachments.append(attachment)
    return {"attachment": views.attachment(attachment)}


def _fresh(given: str | None, taken: Iterable[str]) -> str:
    if given is None:
        return new_id()
    if not _UUID4.fullmatch(given):
        raise invalid("id must be a UUID.")
    if given in taken:
        raise LinearError("invalid input", "Conflict on insert: there is an entity with this id.")
    return given


def _checked(name: str, given: str | None, limit: int) -> str:
    if not given or not given.strip():
        raise invalid(f"{name} should not be empty.")
    if "\0" in given:
        raise LinearError("internal error", "Internal server error")
    if len(given.encode("utf-16-le")) // 2 > limit:
        raise invalid(f"{name} must be shorter than or equal to {limit} characters.")
    return given


def _optional(name: str, given: str | None) -> str:
    return _checked(name, given, _TEXT) if given else ""


def _priority(given: int | None) -> int:
    if given not in _PRIORITIES:
        raise invalid("priority must not be greater than 4.")
    return int(given or 0)


def _state(workspace: Workspace, team: Team, given: str | None) -> State:
    if given is None:
        return workspace.first_state(team)
    return _of([one for one in workspace.states if one.team is team], given, "WorkflowState")


def _assignee(workspace: Workspace, given: str | None) -> User | None:
    if given is None:
        return None
    return _of([one for one in workspace.users if one.is_active], given, "User")


def _labels(workspace: Workspace, team: Team, given: Iterable[str]) -> list[Label]:
    usable = [one for one in workspace.labels if one.team in (None, team)]
    labels = [_of(usable, one, "IssueLabel") for one in given]
    if any(one.is_group for one in labels):
        raise invalid("labelIds must not hold groups.")
    groups = [one.parent.id for one in labels if one.parent is not None]
    if len(groups) != len(set(groups)):
        raise LinearError("user error", "labelIds hold several labels of one group.")
    return labels


def _of(found: Iterable[_Thing], wanted: str, kind: str) -> _Thing:
    for one in found:
        if one.id == wanted:
            return one
    raise not_found(kind)
