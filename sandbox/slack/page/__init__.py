"""The page in the browser: channels and messages as people see them, with buttons that work.

It asks for no sign-in: whoever reaches the sandbox is on this machine, and chooses whose hand presses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.slack.errors import SlackError
from sandbox.slack.interactions import Interactions, Outcome
from sandbox.slack.sockets import Sockets
from sandbox.slack.workspace import Workspace

_HERE = Path(__file__).parent
_FILES = ("page.js", "blocks.js", "modal.js", "text.js", "page.css")


def page_routes(workspace: Workspace, interactions: Interactions, sockets: Sockets) -> list[Route]:
    """The page's files, what it shows, and what people do on it."""

    async def state(request: Request) -> Response:
        version = f"{workspace.version}-{sockets.count}"
        if request.query_params.get("seen") == version:
            return Response(status_code=204)
        return _json({"version": version, **_state(workspace, interactions, sockets)})

    async def press(given: Mapping[str, Any]) -> Outcome:
        chosen = given.get("chosen") or {}
        return await interactions.press(given["user"], given["channel"], given["ts"], given["action_id"], chosen)

    async def submit(given: Mapping[str, Any]) -> Outcome:
        return await interactions.submit(given["user"], given["view_id"], given.get("values") or {})

    async def close(given: Mapping[str, Any]) -> Outcome:
        await interactions.close(given["user"], given["view_id"])
        return Outcome()

    async def dismiss(given: Mapping[str, Any]) -> Outcome:
        message = workspace.messages.get((given["channel"], given["ts"]))
        if message is not None and message.seen_by == given["user"]:
            workspace.remove(message)
        return Outcome()

    acts = {"press": press, "submit": submit, "close": close, "dismiss": dismiss}
    return [
        Route("/", lambda _: FileResponse(_HERE / "index.html")),
        *[Route(f"/page/{name}", _file(name)) for name in _FILES],
        Route("/_sandbox/state", state),
        *[Route(f"/_sandbox/{name}", _doing(act), methods=["POST"]) for name, act in acts.items()],
    ]


def _file(name: str) -> Callable[[Request], Response]:
    return lambda _: FileResponse(_HERE / name, headers={"Cache-Control": "no-cache"})


def _doing(act: Callable[[Mapping[str, Any]], Awaitable[Outcome]]) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            outcome = await act(orjson.loads(await request.body()))
        except SlackError as error:
            return _json({"trouble": error.code, "errors": {}}, 400)
        except (ValueError, KeyError, TypeError) as error:
            return _json({"trouble": f"{type(error).__name__}: {error}", "errors": {}}, 400)
        return _json({"trouble": outcome.trouble, "errors": dict(outcome.errors)})

    return respond


def _state(workspace: Workspace, interactions: Interactions, sockets: Sockets) -> dict[str, Any]:
    return {
        "app": "Revenue Leak Detective",
        "reached_by": "socket" if sockets.count else "http" if interactions.request_url else None,
        "channels": list(workspace.channels.values()),
        "users": list(workspace.users.values()),
        "messages": [
            {
                "channel": one.channel,
                "ts": one.ts,
                "thread_ts": one.thread_ts,
                "text": one.text,
                "blocks": one.blocks,
                "edited": one.edited,
                "seen_by": one.seen_by,
            }
            for one in list(workspace.messages.values())
        ],
        "modals": [
            {"id": one.id, "hash": one.hash, "user": one.user, "view": one.view} for one in workspace.modals.values()
        ],
    }


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
