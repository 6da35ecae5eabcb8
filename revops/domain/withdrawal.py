"""A new definition that would withdraw much of the open money: what is asked, and what people said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Answer = Literal["asked", "confirmed", "refused"]


@dataclass(frozen=True)
class Withdrawal:
    """What a new definition would withdraw; amounts in minor units by currency, beside all that is open."""

    withdrawal_id: str
    definitions: tuple[str, ...]
    leaks: int
    withdrawn_minor: Mapping[str, int]
    open_minor: Mapping[str, int]


@dataclass(frozen=True)
class Question:
    """One question as it was last asked (`detail` has the figures of then), and its answer."""

    withdrawal_id: str
    status: Answer
    detail: Mapping[str, Any]
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
