"""Logs for people on stderr, through one redaction processor.

stdout belongs to results. A key, a card number or the text of an e-mail in a log outlives every access
rule, so nothing is written that did not pass `redact`.
"""

import logging
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

HIDDEN = "[hidden]"

_KEY = re.compile(r"\b(sk|rk|pk|whsec)_[A-Za-z0-9_]{4,}")
# Linear's, and those of language models (sk-..., sk-ant-...).
_OTHER_KEY = re.compile(r"\b(lin_api_|lin_oauth_|sk-)[A-Za-z0-9_-]{8,}")
_SLACK_TOKEN = re.compile(r"\b(xox[a-z]|xapp)-[A-Za-z0-9-]{4,}")
_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.])")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}")
# Libraries that tell of each request they make.
_TALKATIVE = ("httpx", "httpcore", "pyrate_limiter", "gql", "httpx2", "httpcore2", "openai", "anthropic")
# Values under these names are free text of people or secrets of any shape.
_SECRET_NAMES = frozenset(
    (
        "api_key",
        "authorization",
        "body",
        "client_secret",
        "credentials",
        "html",
        "password",
        "payload",
        "secret",
        "signature",
        "stripe-signature",
        "subject",
        "token",
        "webhook_secret",
    )
)


def redact(text: str) -> str:
    """The same text without API keys, webhook secrets, authorisation headers and card numbers."""
    text = _KEY.sub(lambda match: f"{match[1]}_{HIDDEN}", text)
    text = _OTHER_KEY.sub(lambda match: f"{match[1]}{HIDDEN}", text)
    text = _SLACK_TOKEN.sub(lambda match: f"{match[1]}-{HIDDEN}", text)
    text = _BEARER.sub(lambda match: f"{match[1]} {HIDDEN}", text)
    return _CARD.sub(lambda match: HIDDEN if _is_card(match[0]) else match[0], text)


def redact_value(value: Any, name: str = "") -> Any:
    """`redact` for anything a log record holds, nested; values of secret names are hidden whole."""
    if name.lower() in _SECRET_NAMES and value is not None:
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: redact_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [redact_value(item) for item in value]
    if isinstance(value, bool | int | float) or value is None:
        return value
    return redact(str(value))


class _Unfailing:
    """A stream on which writing never raises: a full disk must not end what a log line tells of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written; the rest is lost."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """The same for what was held back."""
        with suppress(OSError):
            self._stream.flush()


def configure_logging(*, is_debug: bool = False, is_service: bool = False) -> None:
    """Send structlog and the standard library's loggers to stderr, redacted; warnings and up by default.

    A service runs unattended: its logs are lines of JSON for machines, and begin at `info`.
    """
    level = logging.DEBUG if is_debug else logging.INFO if is_service else logging.WARNING
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if is_service
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    stream = cast("TextIO", _Unfailing(sys.stderr))
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setLevel(level)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(level if is_debug else logging.WARNING)


def _redact_event(_logger: Any, _method: str, event: Any) -> Any:
    return {key: redact_value(value, str(key)) for key, value in event.items()}


def _is_card(text: str) -> bool:
    """Luhn's check digit, so that amounts, times and ids stay readable."""
    digits = [int(character) for character in text if character.isdigit()]
    doubled = (sum(divmod(digit * 2, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
