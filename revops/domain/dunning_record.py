"""The state of dunning as a row keeps it: plain JSON, read back strictly."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from revops.domain.dunning import STATUSES, Dunning, DunningError
from revops.domain.dunning_events import HOLD_REASONS
from revops.domain.letter import TOPICS

_TIMES = (
    "started_at",
    "last_retry_at",
    "last_step_at",
    "last_contact_at",
    "grace_period_ends_at",
    "held_since",
    "ended_at",
)
_COUNTS = ("step", "retried_step", "retry_count")
_SETS: Mapping[str, tuple[str, ...]] = {"holds": HOLD_REASONS, "said": TOPICS}
_NAMES = frozenset(one.name for one in fields(Dunning)) - {"held_for"} | {"held_for_microseconds"}


def as_record(state: Dunning) -> dict[str, Any]:
    """A state as plain JSON: times as ISO text in UTC, durations in microseconds, sets as sorted lists."""
    record: dict[str, Any] = {}
    for one in fields(state):
        value = getattr(state, one.name)
        if isinstance(value, datetime):
            record[one.name] = value.astimezone(UTC).isoformat()
        elif isinstance(value, frozenset):
            record[one.name] = sorted(value)
        elif isinstance(value, timedelta):
            record["held_for_microseconds"] = value // timedelta(microseconds=1)
        else:
            record[one.name] = value
    return record


def of_record(record: Mapping[str, Any]) -> Dunning:
    """The state that a record holds. Raises DunningError for what is none."""
    try:
        state = _read(record)
    except (TypeError, ValueError, OverflowError) as error:
        raise DunningError(
            f"The state of dunning of {record.get('invoice')!r} cannot be read ({error}): restore its row from a "
            "backup, or begin anew from the invoice's events."
        ) from None
    return state


def _read(record: Mapping[str, Any]) -> Dunning:
    if record.keys() != _NAMES:
        raise ValueError(f"other fields: {', '.join(sorted(map(str, record.keys() ^ _NAMES)))}")
    values: dict[str, Any] = {**record}
    values["held_for"] = timedelta(microseconds=_count(values.pop("held_for_microseconds"), "held_for_microseconds"))
    for name in _TIMES:
        values[name] = _time(values[name], name, is_needed=name == "started_at")
    for name in _COUNTS:
        _count(values[name], name)
    for name, known in _SETS.items():
        if not isinstance(values[name], list) or not set(values[name]) <= set(known):
            raise ValueError(f"{name} is {values[name]!r}")
        values[name] = frozenset(values[name])
    if values["status"] not in STATUSES:
        raise ValueError(f"status is {values['status']!r}")
    for name, kind in (("invoice", str), ("ended_because", str | None), ("is_reactivation_proposed", bool)):
        if not isinstance(values[name], kind):
            raise TypeError(f"{name} is {values[name]!r}")
    return Dunning(**values)


def _count(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} is {value!r}")
    return value


def _time(value: Any, name: str, *, is_needed: bool) -> datetime | None:
    if value is None and not is_needed:
        return None
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"{name} has no zone")
    return at
