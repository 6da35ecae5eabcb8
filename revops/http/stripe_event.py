"""What the receiver has to know of a Stripe event to file it; all else waits for the worker.

Bodies are refused that some later step could not hold: PostgreSQL's text knows no NUL, UTF-8 no lone surrogate, and no
column an integer beyond 64 bits. Stripe sends none of these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import orjson

EventProblem = Literal["not_json", "no_event", "nul", "number_out_of_range"]

_MAX_CREATED = 2**33
_MAX_TEXT = 255
_NAME = re.compile(r"[!-~]{1,255}")
# 2^63 has nineteen digits: a body without so long a number holds none out of range.
_LONG_NUMBER = b"0" * 19
# Looking for nineteen zeros where every digit is one takes a tenth of the time of a regular expression.
_DIGITS_ARE_ZEROS = bytes(ord("0") if chr(byte).isdecimal() else byte for byte in range(128)) + b" " * 128
_INTEGERS = range(-(2**63), 2**63)


class EventRefusedError(ValueError):
    """The body is signed and still no event that can be kept."""

    def __init__(self, problem: EventProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class StripeEvent(NamedTuple):
    """The envelope. `object_id` is None where the event is about no stored object (`invoice.upcoming`)."""

    event_id: str
    event_type: str
    mode: str
    created_at: datetime
    object_id: str | None
    account_id: str | None


def read_event(body: bytes) -> StripeEvent:
    """The envelope of a snapshot event or a thin one (v2). Raises EventRefusedError."""
    try:
        # Lone surrogates, invalid UTF-8, NaN, a depth beyond 1,024 and a byte order mark are refused here.
        event = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EventRefusedError("not_json", "the body is no JSON") from error
    if not isinstance(event, dict):
        raise _no_event("the body is no JSON object")
    if b"\\u0000" in body or _LONG_NUMBER in body.translate(_DIGITS_ARE_ZEROS):
        _check_values(body, event)
    event_id, event_type, livemode = event.get("id"), event.get("type"), event.get("livemode")
    if not isinstance(event_id, str) or not _NAME.fullmatch(event_id):
        raise _no_event("`id` must be text of 1 to 255 visible ASCII characters")
    if not isinstance(event_type, str) or not _NAME.fullmatch(event_type):
        raise _no_event("`type` must be text of 1 to 255 visible ASCII characters")
    if not isinstance(livemode, bool):
        raise _no_event("`livemode` must be true or false")
    return StripeEvent(
        event_id,
        event_type,
        "live" if livemode else "test",
        _moment(event.get("created")),
        _object_id(event),
        _account_id(event),
    )


def _moment(created: Any) -> datetime:
    """Snapshot events count seconds since 1970, thin events write ISO time."""
    if isinstance(created, int) and not isinstance(created, bool):
        if not 0 <= created <= _MAX_CREATED:
            raise EventRefusedError("number_out_of_range", "`created` must be seconds since 1970, at most 2^33")
        return datetime.fromtimestamp(created, UTC)
    if isinstance(created, str):
        try:
            moment = datetime.fromisoformat(created)
            # Reached also by times that leave the calendar on the way to UTC.
            if moment.tzinfo is not None and 0 <= moment.timestamp() <= _MAX_CREATED:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise _no_event("`created` must be seconds since 1970, or an ISO time with its zone")


def _object_id(event: dict[str, Any]) -> str | None:
    data = event.get("data")
    subject = data.get("object") if isinstance(data, dict) else None
    # A thin event names the object that it is about and does not hold it.
    for holder in (subject, event.get("related_object")):
        if isinstance(holder, dict) and _is_short_text(holder.get("id")):
            return str(holder["id"])
    return None


def _account_id(event: dict[str, Any]) -> str | None:
    account = event.get("account")
    if account is None and isinstance(context := event.get("context"), str):
        # A path of accounts from the platform downwards; the last is the one that it happened in.
        account = context.rpartition("/")[2]
    return account if _is_short_text(account) else None


def _is_short_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_TEXT


def _check_values(body: bytes, event: Any) -> None:
    """The slow and exact look at a body in which a NUL or a number out of range may be."""
    if any("\0" in text for text in _texts(event)):
        raise EventRefusedError("nul", "the body holds a NUL character")
    try:
        # orjson turns integers beyond 64 bits into floats without a word; the standard library shows each as written.
        json.loads(body, parse_int=_checked)
    except RecursionError as error:
        raise EventRefusedError("not_json", "the body is nested too deeply") from error


def _checked(digits: str) -> int:
    number = int(digits) if len(digits) <= 20 else None
    if number is None or number not in _INTEGERS:
        raise EventRefusedError("number_out_of_range", "the body holds an integer beyond 64 bits")
    return number


def _texts(value: Any) -> Iterator[str]:
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            todo += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            todo += item


def _no_event(message: str) -> EventRefusedError:
    return EventRefusedError("no_event", message)
