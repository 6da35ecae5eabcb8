"""The inbox in the browser: the mails that came, each as text, as HTML that cannot do anything, and as it came."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

_HERE = Path(__file__).parent
_FILES = ("page.js", "page.css")
# A mail's own page, in a frame, brings a stricter policy of its own.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_routes() -> list[Route]:
    """The page's files."""
    return [
        Route("/", _file("index.html", {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})),
        *[Route(f"/page/{name}", _file(name, {"Cache-Control": "no-cache"})) for name in _FILES],
    ]


def _file(name: str, headers: dict[str, str]) -> Callable[[Request], Response]:
    return lambda _: FileResponse(_HERE / name, headers=headers)
