"""The HTTP side: the record as JSON, a mail in each of its forms, faults on demand, and the page.

It asks for no sign-in: whoever reaches the sandbox is on this machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .bounce import Action, Form, notification
from .faults import Faults, NoSuchFaultError
from .mails import shown, summary, whole
from .page import page_routes
from .record import Entry, Record

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
# Nothing of a mail runs or fetches anything; its links open beside the page.
_HTML_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'self'; form-action 'none'; frame-ancestors 'self'"
)
_OPENS_BESIDE = '<base target="_blank">'
_PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def application(record: Record, faults: Faults, describe: Callable[[], dict[str, Any]]) -> Starlette:
    """The app of one mail server; `describe` says how it is reached."""

    def messages(request: Request) -> Response:
        entries = record.entries
        if request.query_params.get("seen") == str(len(entries)):
            return Response(status_code=204)
        return _json({"version": str(len(entries)), "messages": [summary(one) for one in entries]})

    def server(_request: Request) -> Response:
        return _json(describe())

    async def fail(request: Request) -> Response:
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            try:
                faults.fail_next(**_asked(await request.body()))
            except (ValueError, TypeError) as error:
                return _json({"error": str(error)}, 400)
        return _json({"faults": faults.waiting()})

    return Starlette(
        routes=[
            Route("/messages", messages),
            Route("/messages/{id}", _of(record, lambda entry, _: _json(whole(entry)))),
            Route("/messages/{id}/raw", _of(record, lambda entry, _: _text(entry.content))),
            Route("/messages/{id}/html", _of(record, lambda entry, _: _html(entry))),
            Route("/messages/{id}/bounce", _of(record, _bounce)),
            Route("/faults", fail, methods=["GET", "POST", "DELETE"]),
            Route("/server", server),
            *page_routes(),
        ]
    )


def _of(record: Record, answer: Callable[[Entry, Request], Response]) -> Callable[[Request], Response]:
    def respond(request: Request) -> Response:
        entry = record.find(request.path_params["id"])
        if entry is None:
            return _json({"error": "no such mail"}, 404)
        return answer(entry, request)

    return respond


def _html(entry: Entry) -> Response:
    html = shown(entry.content).html
    if html is None:
        return _json({"error": "this mail has no HTML"}, 404)
    head = _HEAD.search(html)
    place = head.end() if head else 0
    page = f"{html[:place]}{_OPENS_BESIDE}{html[place:]}"
    return Response(page, media_type="text/html", headers={**_PLAIN, "Content-Security-Policy": _HTML_POLICY})


def _bounce(entry: Entry, request: Request) -> Response:
    given = request.query_params
    status, action, form = given.get("status", "5.1.1"), given.get("action", "failed"), given.get("form", "rfc3464")
    if not _STATUS.fullmatch(status) or action not in get_args(Action) or form not in get_args(Form):
        known = f"action one of {', '.join(get_args(Action))}, form one of {', '.join(get_args(Form))}"
        return _json({"error": f"status is like 5.1.1, {known}"}, 400)
    made: Any = {"action": action, "form": form}
    return _text(notification(entry, datetime.now(UTC), status=status, **made))


def _asked(body: bytes) -> dict[str, Any]:
    given = dict(orjson.loads(body))
    kind, times, seconds = str(given.pop("kind", "")), given.pop("times", 1), given.pop("seconds", 0.2)
    if not isinstance(times, int) or not 1 <= times <= 10_000:
        raise NoSuchFaultError("times is a number from 1 to 10000")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 600:
        raise NoSuchFaultError("seconds is a number from 0 to 600")
    if kind == "held":
        raise NoSuchFaultError("held needs somebody in this process who lets go; use slow")
    return {"kind": kind, "times": times, "seconds": float(seconds), **given}


def _text(content: bytes) -> Response:
    return Response(content, headers=_PLAIN, media_type="text/plain; charset=utf-8")


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, headers=_PLAIN, media_type="application/json")
