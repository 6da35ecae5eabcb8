"""What becomes of an unpaid invoice step by step: letters with retries beside them, grace, then a downgrade to propose.

`after` says what an event makes of an invoice's state, `due` what is due at a time; neither does anything. So whoever
asks late, or again after a restart, gets the same answer. Three things keep a customer from a flood:

- The clock of the schedule stands still while anything holds it (a dispute, a pause, stale data), and goes on after.
- One step is due at a time. A step that came late moves the next: they keep the distance that the schedule gives them.
- A step is written to once. That it was is the event `Contacted` with its number, and the same event again is nothing.

Events come late and twice; one that says nothing new changes nothing. Holds are the exception: who says `Held` and
`Released` looks at the invoice as it is now, because an end that is heard before its beginning would never come. Only
what cannot be, such as a letter of a step that was never due, raises DunningError.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never, get_args

from revops.domain.dunning_events import (
    CarriedOn,
    Contacted,
    Downgraded,
    DowngradeProposed,
    Ended,
    Event,
    Held,
    HoldReason,
    Paid,
    Reactivated,
    ReactivationProposed,
    Released,
    Retried,
)
from revops.domain.dunning_schedule import Schedule
from revops.domain.letter import Topic
from revops.errors import RevopsError

# running: letters go out. grace: the last one did. lapsed: the downgrade waits for a person. downgraded: it was done.
# returning: paid after that, so the plan is to be given back. returned: it was.
Status = Literal["running", "grace", "lapsed", "downgraded", "returning", "returned", "ended"]
STATUSES: tuple[Status, ...] = get_args(Status)
What = Literal["letter", "propose_downgrade", "propose_reactivation"]


class DunningError(RevopsError):
    """An event that cannot have happened to an invoice that stands as this one does."""


@dataclass(frozen=True)
class Dunning:
    """Where one invoice stands; times are aware UTC.

    `step` counts the letters of the schedule that went out; `retried_step` is the last step whose retry was made.
    `held_for` is how long the schedule stood still before `held_since`; `last_step_at`, when the last step was taken,
    and `grace_period_ends_at` are moved on by every hold after them. `said` are letters outside of the schedule.
    """

    invoice: str
    started_at: datetime
    status: Status = "running"
    step: int = 0
    retried_step: int = 0
    retry_count: int = 0
    last_retry_at: datetime | None = None
    last_step_at: datetime | None = None
    last_contact_at: datetime | None = None
    grace_period_ends_at: datetime | None = None
    holds: frozenset[HoldReason] = frozenset()
    held_since: datetime | None = None
    held_for: timedelta = timedelta(0)
    said: frozenset[Topic] = frozenset()
    is_reactivation_proposed: bool = False
    ended_at: datetime | None = None
    ended_because: str | None = None

    @property
    def is_held(self) -> bool:
        """Whether the schedule stands still."""
        return bool(self.holds)


@dataclass(frozen=True)
class Due:
    """What is due, and since when.

    `topic` is a letter's; `step` its number in the schedule from 1, None outside of it. `has_retry`: a try of the
    payment belongs to it that was not made yet; it comes first, because a payment makes the letter needless.
    """

    what: What
    since: datetime
    topic: Topic | None = None
    step: int | None = None
    has_retry: bool = False

    def key(self, invoice: str) -> str:
        """Names it for ever: whatever is done under the same key is done once."""
        return f"dunning:{invoice}:{self.what}:{self.step or self.topic or 0}"


def started(invoice: str, at: datetime) -> Dunning:
    """The first charge of an invoice failed. Raises DunningError for a time without a zone."""
    if at.tzinfo is None:
        raise DunningError(f"{invoice}: a time without a zone is no moment; give aware datetimes (UTC).")
    return Dunning(invoice, at)


def due(state: Dunning, schedule: Schedule, at: datetime) -> Due | None:
    """The one thing that is due at a time; None where nothing is, as while it is held or after it has ended."""
    ahead = upcoming(state, schedule)
    return ahead if ahead is not None and ahead.since <= at and not state.is_held else None


def upcoming(state: Dunning, schedule: Schedule) -> Due | None:
    """What comes next and when, if nothing happens before; None where nothing does.

    While it is held, the time is what it would be if the hold ended where it began.
    """
    if state.status == "running" and state.step < len(schedule.steps):
        return _step(state, schedule)
    if state.status in ("running", "grace") and state.last_step_at is not None and schedule.is_downgraded:
        # Running without a step left: the schedule has become shorter meanwhile.
        return Due("propose_downgrade", state.grace_period_ends_at or state.last_step_at + schedule.grace)
    if state.status == "downgraded" and "downgraded" not in state.said and state.last_step_at is not None:
        return Due("letter", state.last_step_at, "downgraded")
    if state.status == "returning" and not state.is_reactivation_proposed and state.last_step_at is not None:
        return Due("propose_reactivation", state.last_step_at)
    if state.status == "returned" and state.last_step_at is not None:
        return Due("letter", state.last_step_at, "reactivated")
    return None


def after(state: Dunning, event: Event, schedule: Schedule) -> Dunning:
    """The state after an event. Raises DunningError for one that cannot be."""
    if event.at.tzinfo is None:
        raise DunningError(f"{state.invoice}: a time without a zone is no moment; give aware datetimes (UTC).")
    if state.status == "ended":
        return state
    match event:
        case Held():
            return _held(state, event)
        case Released():
            return _released(state, event)
        case Retried():
            return _retried(state, event, schedule)
        case Contacted():
            return _contacted(state, event, schedule)
        case Paid():
            return _paid(state, event)
        case Ended():
            return replace(state, status="ended", ended_at=event.at, ended_because=event.because)
        case DowngradeProposed() | Downgraded() | ReactivationProposed() | Reactivated():
            return _carried_on(state, event)
        case _:
            assert_never(event)


def _step(state: Dunning, schedule: Schedule) -> Due:
    step = schedule.steps[state.step]
    since = state.started_at + step.after + state.held_for
    if state.last_step_at is not None:
        # It waits for its distance from the one before, however late that was.
        since = max(since, state.last_step_at + step.after - schedule.steps[state.step - 1].after)
    has_retry = step.has_retry and state.retried_step <= state.step
    return Due("letter", since, step.topic, state.step + 1, has_retry)


def _held(state: Dunning, event: Held) -> Dunning:
    since = state.held_since if state.is_held else event.at
    return replace(state, holds=state.holds | {event.reason}, held_since=since)


def _released(state: Dunning, event: Released) -> Dunning:
    holds = state.holds - {event.reason}
    if not state.is_held or holds or state.held_since is None:
        return replace(state, holds=holds)
    # An end that is told with an earlier time than the beginning has held nothing.
    stood = max(event.at - state.held_since, timedelta(0))
    ends_at = state.grace_period_ends_at
    return replace(
        state,
        holds=holds,
        held_since=None,
        held_for=state.held_for + stood,
        last_step_at=None if state.last_step_at is None else state.last_step_at + stood,
        grace_period_ends_at=None if ends_at is None else ends_at + stood,
    )


def _retried(state: Dunning, event: Retried, schedule: Schedule) -> Dunning:
    if event.step is not None and not 0 < event.step <= len(schedule.steps):
        raise DunningError(f"{state.invoice}: there is no step {event.step} in a schedule of {len(schedule.steps)}.")
    state = replace(state, retried_step=max(state.retried_step, event.step or 0))
    if state.last_retry_at is not None and event.at <= state.last_retry_at:
        return state
    return replace(state, retry_count=state.retry_count + 1, last_retry_at=event.at)


def _contacted(state: Dunning, event: Contacted, schedule: Schedule) -> Dunning:
    said = replace(state, last_contact_at=_latest(state.last_contact_at, event.at))
    if event.step is None:
        said = replace(said, said=state.said | {event.topic})
        is_over = state.status == "returned" and event.topic == "reactivated"
        return replace(said, status="ended", ended_at=event.at, ended_because="paid") if is_over else said
    if event.step <= state.step:
        return said
    if event.step > state.step + 1 or event.step > len(schedule.steps):
        raise DunningError(
            f"{state.invoice}: a letter of step {event.step} went out, and {state.step} of {len(schedule.steps)} did "
            "before it. Send what `due` names, one after the other."
        )
    reached = replace(said, step=event.step, last_step_at=event.at)
    if event.step < len(schedule.steps):
        return reached
    return replace(reached, status="grace", grace_period_ends_at=event.at + schedule.grace)


def _paid(state: Dunning, event: Paid) -> Dunning:
    if state.status in ("downgraded", "returning", "returned"):
        is_news = state.status == "downgraded"
        return replace(state, status="returning", last_step_at=event.at) if is_news else state
    return replace(state, status="ended", ended_at=event.at, ended_because="paid")


# What has to be before, and what is then.
_CARRIED: dict[type[CarriedOn], tuple[tuple[Status, ...], Status]] = {
    DowngradeProposed: (("running", "grace"), "lapsed"),
    Downgraded: (("running", "grace", "lapsed"), "downgraded"),
    ReactivationProposed: (("returning",), "returning"),
    Reactivated: (("returning",), "returned"),
}


def _carried_on(state: Dunning, event: CarriedOn) -> Dunning:
    before, status = _CARRIED[type(event)]
    if state.status not in before:
        if STATUSES.index(state.status) >= STATUSES.index(status):
            return state
        raise DunningError(
            f"{state.invoice}: {type(event).__name__} cannot be while it is {state.status}; it needs to be "
            f"{' or '.join(before)}."
        )
    if isinstance(event, ReactivationProposed):
        return replace(state, is_reactivation_proposed=True)
    return replace(state, status=status, last_step_at=event.at)


def _latest(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
