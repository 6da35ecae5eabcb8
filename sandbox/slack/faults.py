"""Failures on demand: the next calls of a method go wrong in a chosen way."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

from sandbox.stripe.faults import Gate

# A number is the HTTP status; `refused` is an answer with `ok: false` and a code of one's choice; `half` is half a
# body, `nothing` a connection that ends without an answer; `held` waits at a gate.
Kind = Literal["400", "401", "403", "404", "429", "500", "refused", "garbage", "half", "nothing", "slow", "held"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure. `after_execution` lets the call take effect first, so that only its answer is lost."""

    kind: Kind
    after_execution: bool
    code: str
    seconds: float
    retry_after: int
    gate: Gate | None


@dataclass(slots=True)
class _Plan:
    method: str
    fault: Fault
    left: int


@dataclass(slots=True)
class Faults:
    """What is to fail. Plans are used in the order in which they were made."""

    _plans: list[_Plan] = field(default_factory=list)

    def fail_next(
        self,
        method: str,
        kind: Kind,
        *,
        times: int = 1,
        after_execution: bool = False,
        code: str = "fatal_error",
        seconds: float = 0.2,
        retry_after: int = 1,
    ) -> Gate | None:
        """Let the next `times` calls of `method` (`chat.*`, `*`) fail; `held` returns the gate at which they wait."""
        if kind not in get_args(Kind):
            raise ValueError(f"no such fault: {kind}; there are {', '.join(get_args(Kind))}")
        gate = Gate() if kind == "held" else None
        self._plans.append(_Plan(method, Fault(kind, after_execution, code, seconds, retry_after, gate), times))
        return gate

    def clear(self) -> None:
        """Nothing fails any more."""
        self._plans.clear()

    def take(self, method: str) -> Fault | None:
        """The failure of this call, if any."""
        for plan in self._plans:
            if fnmatchcase(method, plan.method):
                plan.left -= 1
                if plan.left <= 0:
                    self._plans.remove(plan)
                return plan.fault
        return None
