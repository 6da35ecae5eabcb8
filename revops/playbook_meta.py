"""The `playbook` in a leak type's `meta`, read strictly into the domain's own.

playbook:
  autonomy: {retry_invoice: {mode: ask}}
  steps:
    - {step: retry, kind: retry_invoice, why: A decline that may pass is tried again.}
    - step: reminder
      kind: send_email
      topic: reminder
      after_days: 3
      when: {decline_groups: [fix_data]}
      why: The customer must do something.
"""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from revops.domain.action import ActionKind
from revops.domain.letter import Topic
from revops.domain.playbook import Autonomy, AutonomyMode, Condition, Playbook, Step


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Autonomy(_Strict):
    mode: AutonomyMode = "ask"
    alone_below_minor: Annotated[int | None, Field(ge=0)] = None

    @model_validator(mode="after")
    def _limit(self) -> "_Autonomy":
        if (self.mode == "alone") != (self.alone_below_minor is not None):
            raise ValueError("alone needs alone_below_minor, and nothing else has it")
        return self


class _Condition(_Strict):
    verdicts: frozenset[str] | None = None
    but_verdicts: frozenset[str] = frozenset()
    decline_groups: frozenset[str] | None = None
    but_decline_groups: frozenset[str] = frozenset()
    amount_from_minor: Annotated[int | None, Field(ge=0)] = None
    amount_below_minor: Annotated[int | None, Field(ge=0)] = None


class _Step(_Strict):
    step: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: ActionKind
    why: Annotated[str, Field(min_length=1)]
    after_days: Annotated[int, Field(ge=0, le=365)] = 0
    topic: Topic | None = None
    when: _Condition = _Condition()
    is_for_reviews: bool = False
    is_after_letters: bool = False

    @model_validator(mode="after")
    def _topic(self) -> "_Step":
        if (self.kind == "send_email") != (self.topic is not None):
            raise ValueError("a letter has a topic, and nothing else does")
        return self


class PlaybookMeta(_Strict):
    """As it stands in `meta`; step names are unique."""

    steps: Annotated[tuple[_Step, ...], Field(min_length=1)]
    autonomy: dict[ActionKind, _Autonomy] = {}

    @model_validator(mode="after")
    def _names(self) -> "PlaybookMeta":
        names = [one.step for one in self.steps]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"the step {sorted(twice)[0]} stands there twice")
        return self

    def of(self, leak_type: str) -> Playbook:
        """As the domain knows it."""
        return Playbook(leak_type, tuple(_step(one) for one in self.steps), _autonomy(self.autonomy))


def _step(given: _Step) -> Step:
    return Step(
        name=given.step,
        kind=given.kind,
        why=given.why,
        after=timedelta(days=given.after_days),
        topic=given.topic,
        when=Condition(**given.when.model_dump()),
        is_for_reviews=given.is_for_reviews,
        is_after_letters=given.is_after_letters,
    )


def _autonomy(given: dict[ActionKind, _Autonomy]) -> dict[str, Autonomy]:
    values: dict[str, Any] = {kind: one.model_dump() for kind, one in given.items()}
    return {kind: Autonomy(**one) for kind, one in values.items()}
