"""What happens to an invoice in dunning. Times are aware UTC: when it happened, not when it was heard of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from revops.domain.letter import Topic

HoldReason = Literal["disputed", "paused", "stale_data"]
HOLD_REASONS: tuple[HoldReason, ...] = get_args(HoldReason)


@dataclass(frozen=True)
class Happened:
    """What every event says."""

    at: datetime


@dataclass(frozen=True)
class Contacted(Happened):
    """A letter went out: of a step of the schedule (from 1), or of none."""

    topic: Topic
    step: int | None = None


@dataclass(frozen=True)
class Retried(Happened):
    """The payment was tried and failed, for a step of the schedule or by somebody else (then None)."""

    step: int | None = None


@dataclass(frozen=True)
class Held(Happened):
    """Nothing is written any more: it is disputed, collection was paused, or the data are stale."""

    reason: HoldReason


@dataclass(frozen=True)
class Released(Happened):
    """That reason is gone."""

    reason: HoldReason


@dataclass(frozen=True)
class Paid(Happened):
    """The money came, by whatever way."""


@dataclass(frozen=True)
class Ended(Happened):
    """It is over without a payment: voided, written off, cancelled, or a person said so."""

    because: str


@dataclass(frozen=True)
class DowngradeProposed(Happened):
    """A downgrade waits for a person."""


@dataclass(frozen=True)
class Downgraded(Happened):
    """It was carried out."""


@dataclass(frozen=True)
class ReactivationProposed(Happened):
    """Giving the plan back waits for a person."""


@dataclass(frozen=True)
class Reactivated(Happened):
    """It was given back."""


CarriedOn = DowngradeProposed | Downgraded | ReactivationProposed | Reactivated
Event = Contacted | Retried | Held | Released | Paid | Ended | CarriedOn
