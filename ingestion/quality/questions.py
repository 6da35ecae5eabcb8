"""The shape of every check: facts that SQL gathered, and the values that are expected of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingestion.quality.report import Severity


@dataclass(frozen=True)
class Fact:
    """A value that occurs in what landed in one table, in how many rows, and the ids of a few.

    `observed` says it in words where the value alone does not.
    """

    resource: str
    value: str | float
    rows: int = 1
    sample: tuple[str, ...] = ()
    observed: str | None = None


@dataclass(frozen=True)
class OneOf:
    """Values from a list."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class OneOfPerTable:
    """(table, value) from a list of pairs."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Between:
    """Numbers from `low` to `high`, both allowed; None is no limit."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Question:
    """One check over all tables it applies to; `expected` completes the sentence "expected ..."."""

    name: str
    severity: Severity
    wanted: OneOf | OneOfPerTable | Between
    expected: str
    facts: Sequence[Fact] = field(default=())


@dataclass(frozen=True)
class Answer:
    """What Great Expectations said of a question: the facts that are not as wanted, or why it could not tell."""

    question: Question
    unexpected: tuple[Fact, ...] = ()
    error: str | None = None
