"""Carrying out an approved action of any kind: what is read right before, what may be sent, and what it came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from revops.domain.action import Action
from revops.errors import RevopsError


class OutsideUnavailableError(RevopsError):
    """The other system does not answer. `may_have_arrived`: the request may have had its effect all the same."""

    def __init__(self, message: str, *, may_have_arrived: bool, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived
        self.retry_after_seconds = retry_after_seconds


class OutsideRefusedError(RevopsError):
    """The other system refused the request, which therefore had no effect. `code` is the vendor's."""

    def __init__(self, message: str, *, code: str | None = None, is_ours_to_mend: bool = False) -> None:
        super().__init__(message)
        self.code = code
        # A key that lacks a permission: a person of the installation mends it, what the action is about is as it was.
        self.is_ours_to_mend = is_ours_to_mend


@dataclass(frozen=True)
class Request:
    """The exact request, without the key that signs it; kept before it is sent, and shown by a dry run."""

    method: str
    path: str
    form: Mapping[str, str]

    def as_json(self, idempotency_key: str | None) -> dict[str, Any]:
        """As it is kept."""
        return {
            "method": self.method,
            "path": self.path,
            "form": dict(self.form),
            "idempotency_key": idempotency_key,
        }


@dataclass(frozen=True)
class Go:
    """Nothing speaks against it."""


@dataclass(frozen=True)
class Wait:
    """Too early: look again at that time."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class StandDown:
    """It is settled, or not what was approved any more; nothing is to be done by this action."""

    reason: str
    is_settled: bool


@dataclass(frozen=True)
class AskPerson:
    """Something that a person should see before anything is done."""

    reason: str


Verdict = Go | Wait | StandDown | AskPerson


@dataclass(frozen=True)
class Worked:
    """It had its effect; `outcome` is plain JSON and names `how`."""

    outcome: Mapping[str, Any]


@dataclass(frozen=True)
class CameToNothing:
    """It was tried, and did not do what it was for."""

    outcome: Mapping[str, Any]
    reason: str


@dataclass(frozen=True)
class NoTrace:
    """Nothing of the request is to be found; `is_on_its_way` where that may still change.

    `outcome` and `reason` are what is kept once it cannot.
    """

    outcome: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    is_on_its_way: bool = False


Result = Worked | CameToNothing


class CarriesOut(Protocol):
    """One kind of action. `look`, `send` and `find` raise OutsideUnavailableError and OutsideRefusedError.

    `is_dry` asks for what may be done without a permission to change anything.
    """

    def missing(self, tenant_id: str, *, is_dry: bool) -> str | None:
        """What a person of the installation must set up first; None where everything is there."""
        ...

    def look(self, action: Action, at: datetime, *, is_dry: bool) -> Verdict:
        """Read what it is about, and say whether it still is what was approved."""
        ...

    def request(self, action: Action) -> Request:
        """What would be sent; it names nobody and holds no secret."""
        ...

    def send(self, action: Action, request: Request, key: str) -> Result:
        """Send it, once."""
        ...

    def find(self, action: Action, key: str, since: datetime) -> Result | NoTrace:
        """What became of a request whose answer was lost."""
        ...

    def is_settled_otherwise(self, action: Action, key: str, at: datetime) -> str | None:
        """After a refusal: how somebody else has done it meanwhile, in a sentence."""
        ...
