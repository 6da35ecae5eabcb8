"""The page in the browser: issues with their comments, where people comment, move and throw away.

It asks for no sign-in: whoever reaches the sandbox is on this machine, and chooses who they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.linear.errors import LinearError
from sandbox.linear.records import Issue
from sandbox.linear.workspace import Workspace

_HERE = Path(__file__).parent
_FILES = ("page.js", "page.css")
_OWN = {"Content-Security-Policy": "default-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"}


def page_routes(workspace: Workspace) -> list[Route]:
    """The page's files, what it shows, and what people do on it."""

    async def state(request: Request) -> Response:
        with workspace.lock:
            if request.query_params.get("seen") == str(workspace.version):
                return Response(status_code=204)
            return _json(_state(workspace))

    acts: dict[str, Callable[[Mapping[str, Any]], object]] = {
        "comment": lambda given: workspace.say(given["user"], given["issue"], str(given["body"])),
        "move": lambda given: workspace.move(given["issue"], given["state"]),
        "trash": lambda given: workspace.archive(given["issue"], is_trash=True),
    }
    return [
        Route("/", _index),
        Route("/issue/{identifier}", _index),
        *[Route(f"/page/{name}", _file(name)) for name in _FILES],
        Route("/_sandbox/state", state),
        *[Route(f"/_sandbox/{name}", _doing(act), methods=["POST"]) for name, act in acts.items()],
    ]


async def _index(_request: Request) -> Response:
    return FileResponse(_HERE / "index.html", headers=_OWN)


def _file(name: str) -> Callable[[Request], Response]:
    return lambda _: FileResponse(_HERE / name, headers={"Cache-Control": "no-cache"})


def _doing(act: Callable[[Mapping[str, Any]], object]) -> Callable[[Request], Any]:
    async def respond(request: Request) -> Response:
        try:
            act(orjson.loads(await request.body()))
        except LinearError as error:
            return _json({"trouble": str(error)}, 400)
        except (ValueError, KeyError, TypeError) as error:
            return _json({"trouble": f"{type(error).__name__}: {error}"}, 400)
        return _json({"trouble": None})

    return respond


def _state(workspace: Workspace) -> dict[str, Any]:
    return {
        "version": str(workspace.version),
        "users": [{"id": one.id, "name": one.name} for one in workspace.users],
        "issues": [_issue(one, workspace) for one in reversed(workspace.issues.values())],
    }


def _issue(one: Issue, workspace: Workspace) -> dict[str, Any]:
    return {
        "id": one.id,
        "identifier": one.identifier,
        "title": one.title,
        "description": one.description,
        "priority": one.priority,
        "team": one.team.name,
        "state": one.state.name,
        "states": [each.name for each in workspace.states if each.team is one.team],
        "assignee": one.assignee.name if one.assignee is not None else None,
        "labels": [each.name for each in one.labels],
        "links": [{"title": each.title, "url": each.url} for each in one.attachments],
        "comments": [
            {"by": each.user.name if each.user is not None else each.bot, "at": each.at, "body": each.body}
            for each in one.comments
        ],
        "gone": "In the trash" if one.is_trashed else "Archived" if one.archived_at else None,
    }


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
