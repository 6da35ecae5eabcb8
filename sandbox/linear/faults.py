"""Failures on demand: the next requests with an operation go wrong in a chosen way."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

from sandbox.stripe.faults import Gate

# A number is the HTTP status; `refused` is an error of a type of one's choice inside a 200, `partial` the same beside
# data; `wrong` is data of no known shape; `half` is half a body, `nothing` a connection that ends without an answer;
# `held` waits at a gate.
_Status = Literal["302", "400", "401", "403", "404", "429", "500"]
_Body = Literal["refused", "partial", "wrong", "garbage", "half", "nothing"]
Kind = _Status | _Body | Literal["slow", "held"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure. `after_execution` lets the request take effect first, so that only its answer is lost.

    `error` is the type in the body's error; None with a status is a body that is a page.
    """

    kind: Kind
    after_execution: bool
    error: str | None
    message: str
    seconds: float
    retry_after: int | None
    gate: Gate | None


@dataclass(slots=True)
class _Plan:
    operation: str
    fault: Fault
    left: int


@dataclass(slots=True)
class Faults:
    """What is to fail. Plans are used in the order in which they were made."""

    _plans: list[_Plan] = field(default_factory=list)

    def fail_next(
        self,
        operation: str,
        kind: Kind,
        *,
        times: int = 1,
        after_execution: bool = False,
        error: str | None = None,
        message: str = "This did not work.",
        seconds: float = 0.2,
        retry_after: int | None = None,
    ) -> Gate | None:
        """Let the next `times` requests with `operation` (`OpenTask`, `*`) fail; `held` returns its gate."""
        known = [name for part in get_args(Kind) for name in get_args(part)]
        if kind not in known:
            raise ValueError(f"no such fault: {kind}; there are {', '.join(known)}")
        gate = Gate() if kind == "held" else None
        fault = Fault(kind, after_execution, error, message, seconds, retry_after, gate)
        self._plans.append(_Plan(operation, fault, times))
        return gate

    def clear(self) -> None:
        """Nothing fails any more."""
        self._plans.clear()

    def take(self, operation: str) -> Fault | None:
        """The failure of this request, if any."""
        for plan in self._plans:
            if fnmatchcase(operation, plan.operation):
                plan.left -= 1
                if plan.left <= 0:
                    self._plans.remove(plan)
                return plan.fault
        return None
