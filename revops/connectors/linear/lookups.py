"""From the names in a policy to Linear's ids: teams, people, labels."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from revops.connectors.linear import documents
from revops.connectors.linear.client import LinearClient
from revops.connectors.linear.words import LABEL, TITLE, line
from revops.domain.task import TaskRefusedError

_MOST_LABELS = 20


@dataclass(frozen=True)
class Labels:
    """The ids of labels, and the names that could not be had."""

    ids: tuple[str, ...]
    missing: tuple[str, ...]


def find_team(client: LinearClient, wanted: str) -> str:
    """The id of the team with this id, key or name. Raises TaskRefusedError where there is none, or are several."""
    name = line(wanted, TITLE)
    filters = [{"key": {"eqIgnoreCase": name}}, {"name": {"eqIgnoreCase": name}}, *_by_id(name)]
    data = client.read(documents.FIND_TEAM, {"filter": {"or": filters}}, "find the team")
    found = [one for one in data["teams"]["nodes"] if not one["retiredAt"]]
    best = _best(found, name, ("id", "key", "name"))
    if len(best) == 1:
        return str(best[0]["id"])
    if best:
        keys = ", ".join(sorted(str(one["key"]) for one in best))
        raise TaskRefusedError(f"Linear has several teams called {name} ({keys}): name the key in the policy.")
    raise TaskRefusedError(
        f"Linear has no team {name} that this API key can see. Correct the team in the policy, or make the key's owner "
        "a member of it."
    )


def find_person(client: LinearClient, wanted: str) -> str | None:
    """The id of the one person with this id, e-mail address, display name or name who can be given work."""
    name = line(wanted, TITLE).removeprefix("@")
    filters = [{field: {"eqIgnoreCase": name}} for field in ("email", "displayName", "name")]
    data = client.read(
        documents.FIND_PERSON, {"filter": {"or": [*filters, *_by_id(name)]}}, "find the person that gets the task"
    )
    found = [one for one in data["users"]["nodes"] if one["active"] and one["isAssignable"]]
    best = _best(found, name, ("id", "email", "displayName", "name"))
    # Two people of one name: nobody is better than the wrong one.
    return str(best[0]["id"]) if len(best) == 1 else None


def find_labels(
    client: LinearClient, wanted: Sequence[str], team: str, new_id: Callable[[str], str], *, may_create: bool
) -> Labels:
    """The labels of these names, the team's own before the workspace's; missing ones are made where that is allowed.

    `new_id` gives the id that a new label gets: the same for the same name, so that two never make two. Of the labels
    of one group Linear takes one, so the first is kept. Those of other teams and groups themselves cannot be used.
    """
    names = tuple(dict.fromkeys(filter(None, (line(one, LABEL) for one in wanted))))[:_MOST_LABELS]
    if not names:
        return Labels((), ())
    known = _known(client, names, team)
    ids: list[str] = []
    missing: list[str] = []
    groups: set[str] = set()
    for name in names:
        label = known.get(name.lower())
        if label is None:
            made = _make(client, name, team, new_id(name)) if may_create else None
            (ids if made else missing).append(made or name)
            continue
        group = {str(label["parent"]["id"])} if label["parent"] else set()
        if label["isGroup"] or group & groups:
            missing.append(name)
            continue
        groups |= group
        ids.append(str(label["id"]))
    return Labels(tuple(dict.fromkeys(ids)), tuple(missing))


def _known(client: LinearClient, names: Iterable[str], team: str) -> dict[str, Mapping[str, Any]]:
    mine = [{"team": {"null": True}}, {"team": {"id": {"eq": team}}}]
    called = [{"name": {"eqIgnoreCase": name}} for name in names]
    data = client.read(documents.FIND_LABELS, {"filter": {"and": [{"or": called}, {"or": mine}]}}, "find the labels")
    workspace_first = sorted(data["issueLabels"]["nodes"], key=lambda one: one["team"] is not None)
    return {str(one["name"]).lower(): one for one in workspace_first}


def _make(client: LinearClient, name: str, team: str, new_id: str) -> str | None:
    variables = {"input": {"id": new_id, "name": name, "teamId": team}}
    # A label is no reason to open no task: where the key may not make any, the description names it.
    with suppress(TaskRefusedError):
        made = client.change(documents.CREATE_LABEL, variables, "make the label")["issueLabelCreate"]
        return str(made["issueLabel"]["id"]) if made["success"] else None
    # Refused also where somebody has made it in the meantime.
    label = _known(client, (name,), team).get(name.lower())
    return str(label["id"]) if label is not None and not label["isGroup"] else None


def _by_id(text: str) -> list[dict[str, Any]]:
    """Linear refuses a filter on an id that is no UUID."""
    try:
        return [{"id": {"eq": str(uuid.UUID(text))}}]
    except ValueError:
        return []


def _best(found: Sequence[Mapping[str, Any]], name: str, fields: Sequence[str]) -> list[Mapping[str, Any]]:
    """Those that the most telling field names."""
    for field in fields:
        if best := [one for one in found if str(one[field]).lower() == name.lower()]:
            return best
    return []
