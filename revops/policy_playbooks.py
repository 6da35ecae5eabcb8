"""The sections of a policy on what is written to customers, which tasks are opened, and how far each step may go."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from revops.domain.action import ActionKind
from revops.domain.letter import Language
from revops.domain.playbook import Autonomy, AutonomyMode, Override
from revops.policy_sections import Strict

_AMOUNT = "a whole number of minor units of the reporting currency, 0 or more"
_BASIS_POINTS = "hundredths of a percent from 0 to 5000: 500 is 5 %"


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError("not an address") from error


class Letters(Strict):
    """What letters say about us. Without `company` nothing is written to anybody."""

    company: Annotated[str | None, Field(min_length=1, max_length=80, description="the name customers know you by")] = (
        None
    )
    support_address: Annotated[
        str | None, AfterValidator(_address), Field(description="an e-mail address that people answer")
    ] = None
    default_language: Annotated[Language, Field(description="en, de, fr or es")] = "en"
    sent_by: Annotated[
        str,
        Field(pattern="^(stripe|us)$", description="stripe (its own e-mails on failed payments are on) or us"),
    ] = "stripe"
    portal_return_url: Annotated[
        str | None, Field(pattern=r"^https?://\S+$", description="where Stripe's portal leads back to, a URL")
    ] = None


class Contacts(Strict):
    """How often and when a customer is written to, all letters together."""

    most_in_7_days: Annotated[int, Field(ge=1, le=7, description="a whole number from 1 to 7")] = 2
    hours_between: Annotated[int, Field(ge=1, le=336, description="whole hours from 1 to 336")] = 48
    first_hour: Annotated[int, Field(ge=0, le=23, description="an hour of the customer's day, 0 to 23")] = 8
    last_hour: Annotated[int, Field(ge=1, le=24, description="an hour of the customer's day, 1 to 24")] = 20
    holidays: Annotated[bool, Field(description="true: also on public holidays; false: not on them")] = False


class DunningPlan(Strict):
    """Other days for the subscriptions of one plan."""

    days: Annotated[
        tuple[Annotated[int, Field(ge=0, le=120)], ...],
        Field(strict=False, min_length=1, max_length=8, description="a list of days, each later than the one before"),
    ]
    grace_days: Annotated[int, Field(ge=0, le=90, description="whole days from 0 to 90")] = 7

    @model_validator(mode="after")
    def _rises(self) -> "DunningPlan":
        if list(self.days) != sorted(set(self.days)):
            raise PydanticCustomError("days_rise", "each day is later than the one before")
        return self


class Dunning(DunningPlan):
    """When the notices about one unpaid invoice are due, counted from its first failure, and the grace after them."""

    days: Annotated[
        tuple[Annotated[int, Field(ge=0, le=120)], ...],
        Field(strict=False, min_length=1, max_length=8, description="a list of days, each later than the one before"),
    ] = (0, 3, 7, 14)
    plans: dict[str, DunningPlan] = Field(
        default_factory=dict, description="names of plans, each with days and grace_days"
    )

    def of(self, plan: str | None) -> DunningPlan:
        """The days for a plan."""
        return self.plans.get(plan or "", self)


class Tasks(Strict):
    """Which tasks are opened where people keep theirs. Without `team` none is."""

    team: Annotated[str | None, Field(min_length=1, description="a team's key or name, in quotes")] = None
    assignee: Annotated[str | None, Field(min_length=1, description="a name or e-mail address, or nothing")] = None
    large_assignee: Annotated[
        str | None, Field(min_length=1, description="who gets the tasks about large amounts; or nothing")
    ] = None
    large_from_minor: Annotated[int, Field(ge=0, description=_AMOUNT)] = 500_000
    labels: Annotated[tuple[str, ...], Field(strict=False, max_length=10, description="a list of labels")] = (
        "revenue leak",
    )


class Deciding(Strict):
    """How a kind of action is decided."""

    mode: Annotated[AutonomyMode, Field(description="ask, batch or alone")] = "ask"
    alone_below_minor: Annotated[int | None, Field(ge=0, description=f"with mode alone: {_AMOUNT}")] = None

    @model_validator(mode="after")
    def _limit(self) -> "Deciding":
        if (self.mode == "alone") != (self.alone_below_minor is not None):
            raise PydanticCustomError("alone_needs_limit", "mode alone needs alone_below_minor")
        return self


class StepRule(Strict):
    """What a company does otherwise in one step."""

    is_on: Annotated[bool, Field(description="true or false")] = True


class PlaybookRule(Strict):
    """What a company does otherwise about one leak type."""

    autonomy: dict[ActionKind, Deciding] = Field(
        default_factory=dict, description="retry_invoice, send_email, open_task, each with its mode"
    )
    steps: dict[str, StepRule] = Field(default_factory=dict, description="names of steps, each with is_on")

    @property
    def override(self) -> Override:
        """As the domain knows it."""
        return Override(
            steps={name: rule.model_dump() for name, rule in self.steps.items()},
            autonomy={kind: Autonomy(one.mode, one.alone_below_minor) for kind, one in self.autonomy.items()},
        )


class Recovery(Strict):
    """How it is measured what was earned: a share of payers is left alone, to compare with."""

    holdout_basis_points: Annotated[int, Field(ge=0, le=5_000, description=_BASIS_POINTS)] = 0
    holdout_below_minor: Annotated[
        int | None, Field(ge=0, description=f"{_AMOUNT}; larger leaks are never left alone; or nothing")
    ] = 100_000
