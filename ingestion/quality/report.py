"""What the gate found: one result per expectation and table, and what people read of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Severity = Literal["critical", "warning"]
# The two parts of the results, by how the names of their resources begin.
STRIPE, PRODUCT = "", "product."


@dataclass(frozen=True)
class Result:
    """One expectation about what landed in one table.

    `severity` is what a failure means: critical stops the run. `failed_count` counts rows, or 1 where the whole load is
    judged; `sample` names a few of them. `error` is the text of an exception inside the check, which then says nothing
    about the data.
    """

    resource: str
    expectation: str
    severity: Severity
    is_passed: bool
    observed: str
    expected: str
    failed_count: int = 0
    sample: tuple[str, ...] = ()
    error: str | None = None

    @property
    def line(self) -> str:
        """One line for people."""
        if self.error is not None:
            return f"{self.severity}: {self.resource}: {self.expectation} could not be checked: {self.error}"
        which = f" ({', '.join(self.sample)})" if self.sample else ""
        return f"{self.severity}: {self.resource}: {self.observed}{which}; expected {self.expected}"


@dataclass(frozen=True)
class QualityReport:
    """The results of one landing; `is_new` is false where nothing had landed and they are those of the last one.

    `checked_at` is UTC without saying so, None before the first check. `quarantined` counts rows that were put aside.
    """

    results: tuple[Result, ...]
    checked_at: datetime | None
    is_new: bool
    quarantined: int = 0

    @property
    def failed(self) -> tuple[Result, ...]:
        """What was not as expected, critical first."""
        return tuple(sorted((r for r in self.results if not r.is_passed), key=lambda r: r.severity))

    @property
    def critical(self) -> tuple[Result, ...]:
        """What makes the whole load suspect."""
        return tuple(r for r in self.failed if r.severity == "critical" and r.error is None)

    @property
    def errors(self) -> tuple[Result, ...]:
        """Checks that broke."""
        return tuple(r for r in self.failed if r.error is not None)
