"""Failures on demand: the next mails go wrong in a chosen way, at a chosen point of the SMTP dialogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sandbox.stripe.faults import Gate

# A number is the server's answer; `drop` ends the connection without one, `broken` within the encryption of STARTTLS,
# `garbage` answers what no mail server says, `slow` answers late, `held` waits at a gate.
Kind = Literal[
    "421",
    "450",
    "451",
    "452",
    "454",
    "535",
    "550",
    "551",
    "552",
    "553",
    "554",
    "drop",
    "broken",
    "garbage",
    "slow",
    "held",
]
# `data` is the command, before any of the mail is sent; `end` is when the whole mail is there.
Stage = Literal["connect", "auth", "mail", "rcpt", "data", "end"]
_USUAL: Mapping[str, Stage] = {
    "421": "connect",
    "454": "auth",
    "535": "auth",
    "552": "end",
    "554": "end",
    "drop": "data",
}
_WORDS = {
    "421": "4.3.2 Service shutting down",
    "450": "4.2.0 Mailbox busy",
    "451": "4.7.1 Greylisted, try again later",
    "452": "4.3.1 Out of storage",
    "454": "4.7.0 Temporary authentication failure",
    "535": "5.7.8 Authentication credentials invalid",
    "550": "5.1.1 No such mailbox",
    "551": "5.1.6 The mailbox has moved",
    "552": "5.2.2 Mailbox full",
    "553": "5.1.3 Not a mailbox name",
    "554": "5.6.0 Content refused",
}


class NoSuchFaultError(ValueError):
    """A fault that there is none of; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure at one point. `after_execution` takes the mail first, so that only the answer is lost."""

    kind: Kind
    stage: Stage
    words: str
    after_execution: bool
    seconds: float
    gate: Gate | None

    @property
    def answer(self) -> str | None:
        """The line to answer, None where the fault is none."""
        return f"{self.kind} {self.words}" if self.kind.isdigit() else None


@dataclass(slots=True)
class _Plan:
    fault: Fault
    left: int


@dataclass(slots=True)
class Faults:
    """What is to fail. Plans are used in the order in which they were made."""

    _plans: list[_Plan] = field(default_factory=list)

    def fail_next(
        self,
        kind: Kind,
        *,
        times: int = 1,
        stage: Stage | None = None,
        words: str | None = None,
        after_execution: bool = False,
        seconds: float = 0.2,
    ) -> Gate | None:
        """Let the next `times` dialogues fail at `stage`, by default where such a failure usually happens.

        `words` follow the number. `held` returns the gate at which they wait. Raises NoSuchFaultError.
        """
        if kind not in get_args(Kind):
            raise NoSuchFaultError(f"no such fault: {kind}; there are {', '.join(get_args(Kind))}")
        at: Stage = stage or _USUAL.get(kind, "rcpt")
        if at not in get_args(Stage):
            raise NoSuchFaultError(f"no such stage: {at}; there are {', '.join(get_args(Stage))}")
        said = words or _WORDS.get(kind, "")
        if not said.isascii() or not (said.isprintable()):
            raise NoSuchFaultError("words are one line of printable ASCII")
        gate = Gate() if kind == "held" else None
        self._plans.append(_Plan(Fault(kind, at, said, after_execution, seconds, gate), times))
        return gate

    def clear(self) -> None:
        """Nothing fails any more."""
        self._plans.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """What is still to fail, as JSON."""
        return [{"kind": one.fault.kind, "stage": one.fault.stage, "times": one.left} for one in self._plans]

    def take(self, stage: Stage) -> Fault | None:
        """The failure of this moment, if any."""
        for plan in self._plans:
            if plan.fault.stage == stage:
                plan.left -= 1
                if plan.left <= 0:
                    self._plans.remove(plan)
                return plan.fault
        return None
