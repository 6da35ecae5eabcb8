"""Leaks and their reasons as records: what is to be opened, what is kept, what became of it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

LeakStatus = Literal[
    "open",
    "pending_decision",
    "acting",
    "recovered",
    "resolved_elsewhere",
    "dismissed",
    "withdrawn",
    "lapsed",
]
# How a resolution ends a leak: the money came, it was none, or it will not come any more.
EndsAs = Literal["collected", "withdrawn", "lapsed"]
ENDS_AS: tuple[EndsAs, ...] = get_args(EndsAs)


@dataclass(frozen=True)
class NewLeak:
    """A root cause that leaks; amounts are minor units of `currency`, `recurring_minor` is per month from now."""

    root_cause: str
    occurrence: str
    family: str
    leak_type: str
    object_type: str
    object_id: str
    customer_id: str | None
    currency: str
    amount_minor: int
    recurring_minor: int
    confidence: float
    is_alert: bool
    first_detectable_at: datetime | None
    definition_version: str
    as_of: datetime


@dataclass(frozen=True)
class Leak(NewLeak):
    """The lasting record of one root cause and occurrence. `resolved_at` is when what ended it happened."""

    leak_id: str
    tenant_id: str
    status: LeakStatus
    resolution: str | None
    owner: str | None
    opened_at: datetime
    closed_at: datetime | None
    resolved_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True)
class Opened:
    """What became of a NewLeak.

    Where another occurrence of the root cause is still open, no second leak begins: `leak_id` and
    `occurrence` are then that one's. `is_open` is False where this occurrence was closed before.
    """

    leak_id: str
    occurrence: str
    is_new: bool
    is_open: bool


@dataclass(frozen=True)
class NewReason:
    """A finding that belongs to a leak."""

    leak_id: str
    finding_id: str
    leak_type: str
    object_type: str
    object_id: str
    currency: str
    amount_minor: int
    confidence: float


@dataclass(frozen=True)
class Reason(NewReason):
    """A finding as it is or was attached."""

    tenant_id: str
    attached_at: datetime
    detached_at: datetime | None


@dataclass(frozen=True)
class Closing:
    """A leak that ended, by a row of `leak_resolutions`: how, and when that happened."""

    leak_id: str
    resolution: str
    resolved_at: datetime
    ends_as: EndsAs


def ended_status(ends_as: EndsAs, *, is_acted: bool) -> LeakStatus:
    """What a leak is in the end; `is_acted` where an action of ours reached its aim before."""
    if ends_as == "collected":
        return "recovered" if is_acted else "resolved_elsewhere"
    return ends_as


def leak_id(tenant_id: str, root_cause: str, occurrence: str) -> str:
    """The id of a leak: the same for the same root cause and occurrence, whoever opens it."""
    text = json.dumps([tenant_id, root_cause, occurrence])
    return f"leak_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
