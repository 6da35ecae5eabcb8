"""A language model on this machine that speaks Anthropic's and OpenAI's wire formats, and fails in every way.

Source: https://docs.anthropic.com/en/api/messages and https://platform.openai.com/docs/api-reference/chat.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handler = BaseHTTPRequestHandler
Reply = Callable[[Handler], None]
USAGE = (321, 45)


@dataclass
class ModelService:
    """`replies` are given in turn, the last one for ever; without any it says `text`."""

    url: str
    text: str = "Dear Ada,\n\nyour card was declined."
    ending: str | None = None
    has_usage: bool = True
    replies: list[Reply] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def openai_url(self) -> str:
        """What takes the place of https://api.openai.com/v1."""
        return f"{self.url}/v1"

    def answer(self, path: str, model: str) -> dict[str, Any]:
        """An answer as the service gives it to which the path belongs."""
        return _of_anthropic(self, model) if path.endswith("/messages") else _of_openai(self, model)


def status(code: int, body: Mapping[str, Any] | None = None, **headers: str) -> Reply:
    """A status with an error; libraries are told to wait a millisecond before they repeat."""
    error = {"type": "error", "error": {"type": "api_error", "message": "sk-secret and the prompt: PROMPT"}}
    given = {"retry-after-ms": "1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return lambda handler: send(handler, code, json.dumps(body or error).encode(), **given)


def raw(content: bytes, kind: str = "application/json", **headers: str) -> Reply:
    """A 200 with these bytes."""
    return lambda handler: send(handler, 200, content, kind, **headers)


def half(handler: Handler) -> None:
    """Half a body, and the connection ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": "x", "choi')
    handler.close_connection = True


def nothing(handler: Handler) -> None:
    """The connection ends without an answer."""
    handler.close_connection = True


def send(handler: Handler, code: int, content: bytes, kind: str = "application/json", **headers: str) -> None:
    """A whole answer."""
    handler.send_response(code)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(content)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def serving() -> Iterator[ModelService]:
    """A service on a free port of this machine."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.paths.append(self.path)
            service.bodies.append(body)
            service.headers.append({name.lower(): value for name, value in self.headers.items()})
            reply = service.replies[0] if service.replies else None
            if len(service.replies) > 1:
                service.replies.pop(0)
            try:
                if reply is not None:
                    reply(self)
                else:
                    send(self, 200, json.dumps(service.answer(self.path, body["model"])).encode())
            except (BrokenPipeError, ConnectionResetError):
                # Whoever asked has had enough.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    service = ModelService(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _of_anthropic(service: ModelService, model: str) -> dict[str, Any]:
    endings = {"length": "max_tokens", "content_filter": "refusal", None: "end_turn"}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": service.text}],
        "stop_reason": endings[service.ending],
        "stop_sequence": None,
        "usage": dict(zip(("input_tokens", "output_tokens"), USAGE if service.has_usage else (0, 0), strict=True)),
    }


def _of_openai(service: ModelService, model: str) -> dict[str, Any]:
    usage = {"prompt_tokens": USAGE[0], "completion_tokens": USAGE[1], "total_tokens": sum(USAGE)}
    message = {"role": "assistant", "content": service.text, "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": model,
        "choices": [{"index": 0, "finish_reason": service.ending or "stop", "message": message, "logprobs": None}],
        **({"usage": usage} if service.has_usage else {}),
    }
