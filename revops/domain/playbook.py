"""What to do about a leak type, step by step: which step fits a leak, and how far it may go without a person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from revops.domain.action import ActionKind
from revops.domain.letter import Topic

# Always a person; several at once in one batch; by itself up to an amount.
AutonomyMode = Literal["ask", "batch", "alone"]


@dataclass(frozen=True)
class Autonomy:
    """How a kind of action is decided. `alone_below_minor`: less, in the reporting currency, is decided by itself."""

    mode: AutonomyMode = "ask"
    alone_below_minor: int | None = None

    def is_alone(self, amount_reporting_minor: int | None) -> bool:
        """Whether no person is asked; without a rate to the reporting currency one always is."""
        limit = self.alone_below_minor
        return (
            self.mode == "alone"
            and limit is not None
            and (amount_reporting_minor is not None and amount_reporting_minor < limit)
        )


@dataclass(frozen=True)
class Condition:
    """What a leak's evidence must say for a step; what is None asks for nothing.

    Amounts in minor units of the reporting currency; an amount without a rate counts as large.
    """

    verdicts: frozenset[str] | None = None
    but_verdicts: frozenset[str] = frozenset()
    decline_groups: frozenset[str] | None = None
    but_decline_groups: frozenset[str] = frozenset()
    amount_from_minor: int | None = None
    amount_below_minor: int | None = None

    def holds(self, verdict: str, decline_group: str | None, amount_reporting_minor: int | None) -> bool:
        """Whether the step is for such a leak."""
        group = decline_group or "unknown"
        if self.verdicts is not None and verdict not in self.verdicts:
            return False
        if self.decline_groups is not None and group not in self.decline_groups:
            return False
        if verdict in self.but_verdicts or group in self.but_decline_groups:
            return False
        amount = amount_reporting_minor
        is_large_enough = self.amount_from_minor is None or amount is None or amount >= self.amount_from_minor
        is_small_enough = self.amount_below_minor is None or (amount is not None and amount < self.amount_below_minor)
        return is_large_enough and is_small_enough


@dataclass(frozen=True)
class Step:
    """One thing to do. `after` counts from when it first failed; `topic` is what a letter is about.

    `is_after_letters`: where we write, it comes when the last letter and the days of grace have not helped.
    `is_for_reviews`: also while it is not sure that it leaks, as a notice on the day of the first failure.
    """

    name: str
    kind: ActionKind
    why: str
    after: timedelta = timedelta(0)
    topic: Topic | None = None
    when: Condition = field(default_factory=Condition)
    is_for_reviews: bool = False
    is_after_letters: bool = False
    is_on: bool = True


@dataclass(frozen=True)
class Playbook:
    """The steps of a leak type, in their order, and how each kind of action is decided."""

    leak_type: str
    steps: tuple[Step, ...]
    autonomy: Mapping[str, Autonomy] = field(default_factory=dict)

    def steps_for(
        self, verdict: str, decline_group: str | None, amount_reporting_minor: int | None
    ) -> tuple[Step, ...]:
        """The steps that fit such a leak, in order."""
        return tuple(
            one for one in self.steps if one.is_on and one.when.holds(verdict, decline_group, amount_reporting_minor)
        )

    def autonomy_of(self, kind: str) -> Autonomy:
        """How a kind is decided; a person is asked where nothing is said."""
        return self.autonomy.get(kind, Autonomy())

    def changed_by(self, override: "Override") -> "Playbook":
        """The playbook with a tenant's own rules."""
        steps = tuple(
            replace(one, **override.steps[one.name]) if one.name in override.steps else one for one in self.steps
        )
        return replace(self, steps=steps, autonomy={**self.autonomy, **override.autonomy})

    def unknown_steps(self, names: Collection[str]) -> list[str]:
        """Those of the names that are no steps of this playbook."""
        return sorted(set(names) - {one.name for one in self.steps})


@dataclass(frozen=True)
class Override:
    """What a tenant's policy changes of a playbook: fields of steps by name, autonomy by kind."""

    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    autonomy: Mapping[str, Autonomy] = field(default_factory=dict)
