"""The steps of dunning, by plan: when which letter goes out, and whether the payment is tried once more before it."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from revops.domain.letter import Topic
from revops.errors import RevopsError


class ScheduleError(RevopsError):
    """Steps that cannot be taken in their order."""

    exit_code = 2


@dataclass(frozen=True)
class Step:
    """One letter, so long after the first failure; `has_retry`: the payment is tried once more before it."""

    after: timedelta
    topic: Topic
    has_retry: bool = False


_STEPS = (
    Step(timedelta(days=0), "payment_failed"),
    Step(timedelta(days=3), "reminder", has_retry=True),
    Step(timedelta(days=7), "urgent", has_retry=True),
    Step(timedelta(days=14), "last_chance", has_retry=True),
)


@dataclass(frozen=True)
class Schedule:
    """A plan's steps, the days of grace after the last, and whether a downgrade is proposed then.

    Raises ScheduleError where there is no step, where one is not later than the one before, or at a negative time.
    """

    steps: tuple[Step, ...] = _STEPS
    grace: timedelta = timedelta(days=7)
    is_downgraded: bool = True

    def __post_init__(self) -> None:
        times = [one.after for one in self.steps]
        if not times:
            raise ScheduleError("A schedule of dunning without a step: give at least one, or switch dunning off.")
        if times[0] < timedelta(0) or self.grace < timedelta(0):
            raise ScheduleError("Steps of dunning and days of grace begin at 0 days.")
        if any(later <= earlier for earlier, later in pairwise(times)):
            days = ", ".join(f"{one / timedelta(days=1):g}" for one in times)
            raise ScheduleError(f"Each step of dunning is later than the one before; these are on days {days}.")


@dataclass(frozen=True)
class Schedules:
    """A tenant's schedules: one for everybody, others for some plans."""

    default: Schedule = field(default_factory=Schedule)
    by_plan: dict[str, Schedule] = field(default_factory=dict)

    def of(self, plan: str | None) -> Schedule:
        """A plan's own schedule, or everybody's."""
        return self.by_plan.get(plan, self.default) if plan is not None else self.default
