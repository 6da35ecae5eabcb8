"""The rules of `retry_rules.yml`, read strictly."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

_FILE = Path(__file__).with_name("retry_rules.yml")


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Group(_Rule):
    """A decline group or code: hours after the last decline, or what to do instead."""

    wait_hours: Annotated[int, Field(ge=0)] | None = None
    instead: str | None = None
    waits_for_payday: bool = False
    at_any_hour: bool = False


class Ceiling(_Rule):
    """How many tries of one card a network (`*`: any) allows in so many days."""

    network: str
    attempts: Annotated[int, Field(ge=1)]
    days: Annotated[int, Field(ge=1)]
    source: str = "the policy"

    @property
    def window(self) -> str:
        """`1 day`, `30 days`."""
        return f"{self.days} day" if self.days == 1 else f"{self.days} days"


class LocalHours(_Rule):
    """Hours of the customer's day: from `first` until before `last`; `best` on another day."""

    first: Annotated[int, Field(ge=0, le=23)]
    last: Annotated[int, Field(ge=1, le=24)]
    best: Annotated[int, Field(ge=0, le=23)]


class RetryRules(_Rule):
    """All of the file."""

    version: str
    groups: dict[str, Group]
    codes: dict[str, Group]
    advice_wait_hours: dict[str, int]
    paydays: tuple[int, ...]
    payday_within_days: int
    local_hours: LocalHours
    oldest_days: int
    ceilings: tuple[Ceiling, ...]
    verdicts: dict[str, str]


@cache
def read_retry_rules() -> RetryRules:
    """The rules of this version of the program."""
    document = YAML(typ="safe").load(_FILE.read_text(encoding="utf-8"))
    return RetryRules.model_validate({**document, "version": str(document["version"])})
