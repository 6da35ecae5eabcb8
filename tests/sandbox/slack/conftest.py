"""A workspace, the official client for it, and an app behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from sandbox.slack import Running, running

Open = Callable[..., Running]


@dataclass
class Listener:
    """An app that does nothing but note requests: `answers` are (status, body) in turn, the last one for ever."""

    url: str
    answers: list[tuple[int, Any]] = field(default_factory=lambda: [(200, {})])
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    gate: threading.Event | None = None

    def payload(self, number: int = -1) -> dict[str, Any]:
        """The payload of a request, by default of the newest."""
        found: dict[str, Any] = json.loads(parse_qs(self.bodies[number].decode())["payload"][0])
        return found

    def is_signed(self, secret: str, number: int = -1) -> bool:
        """Whether slack_sdk takes the request for Slack's."""
        return SignatureVerifier(secret).is_valid_request(self.bodies[number], self.headers[number])


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            listener.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            listener.headers.append(dict(self.headers))
            if listener.gate is not None:
                listener.gate.wait(10)
            status, body = listener.answers[0]
            if len(listener.answers) > 1:
                listener.answers.pop(0)
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener = Listener(f"http://127.0.0.1:{server.server_port}/slack/default")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        if listener.gate is not None:
            listener.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def app() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def open_slack() -> Iterator[Open]:
    """Opens workspaces, and ends them."""
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(running(**how))


@pytest.fixture
def slack(open_slack: Open, app: Listener) -> Running:
    """A workspace whose presses go to the listener."""
    return open_slack(request_url=app.url)


@pytest.fixture
def client(slack: Running) -> WebClient:
    """The official client, unpatched, with the bot's token."""
    return client_of(slack)


def client_of(slack: Running, token: str | None = None) -> WebClient:
    """The official client; it does not retry by itself, so that every answer is seen."""
    return WebClient(token or slack.workspace.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5)


BUTTONS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Northwind* owes $1,240.00"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "style": "primary",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "act_1",
            },
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Snooze a day"}, "value": "day"}],
            },
        ],
    },
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "deny",
    "title": {"type": "plain_text", "text": "Deny"},
    "submit": {"type": "plain_text", "text": "Deny"},
    "close": {"type": "plain_text", "text": "Back"},
    "private_metadata": "act_1",
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True, "max_length": 500},
        }
    ],
}
