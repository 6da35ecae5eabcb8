"""From what Great Expectations answered to results that people read, and to the single rows that are at fault."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from ingestion.quality import rows
from ingestion.quality.facts import Gathered
from ingestion.quality.questions import Answer, Fact
from ingestion.quality.report import Result

# Single rows at fault are put aside and the rest goes on. Beyond both of these it is the load that is at fault: ten
# rows can be looked at one by one, and of a sound source not one row in twenty is broken.
FEW_ROWS = 10
FEW_SHARE = 0.05
_ROW_CHECKS = {check.name: check for check in rows.CHECKS}
_SHOWN = 3
_WIDTH = 40


@dataclass(frozen=True)
class Fault:
    """Values of a row check in one table whose rows are put aside."""

    resource: str
    check: rows.RowCheck
    values: tuple[str | float, ...]


def results(answers: list[Answer], gathered: Gathered) -> tuple[Result, ...]:
    """One result per expectation and table it looked at."""
    return tuple(result for answer in answers for result in _results(answer, gathered))


def faults(answers: list[Answer], gathered: Gathered) -> list[Fault]:
    """What is to be put aside: failures of critical row checks that only few rows are at fault for."""
    return [
        Fault(resource, _ROW_CHECKS[answer.question.name], tuple(fact.value for fact in unexpected))
        for answer in answers
        if answer.question.name in _ROW_CHECKS and answer.question.severity == "critical"
        for resource, unexpected in _by_resource(answer.unexpected)
        if _is_few(answer.question.name, resource, unexpected, gathered)
    ]


def _results(answer: Answer, gathered: Gathered) -> Iterator[Result]:
    question = answer.question
    failed = dict(_by_resource(answer.unexpected))
    for resource, facts in _by_resource(question.facts):
        unexpected = failed.get(resource, [])
        severity, aside = question.severity, ""
        is_row_check = severity == "critical" and question.name in _ROW_CHECKS
        if unexpected and is_row_check and _is_few(question.name, resource, unexpected, gathered):
            severity, aside = "warning", ", put aside in quarantine"
        yield Result(
            resource=resource,
            expectation=question.name,
            severity="critical" if answer.error else severity,
            is_passed=not unexpected and answer.error is None,
            observed=_observed(question.name, unexpected or facts, bool(unexpected), resource, gathered) + aside,
            expected=question.expected,
            failed_count=sum(fact.rows for fact in unexpected),
            sample=tuple(id for fact in unexpected for id in fact.sample)[:_SHOWN],
            error=answer.error,
        )


def _by_resource(facts: Sequence[Fact]) -> list[tuple[str, list[Fact]]]:
    ordered = sorted(facts, key=lambda fact: fact.resource)
    return [(resource, list(some)) for resource, some in groupby(ordered, key=lambda fact: fact.resource)]


def _is_few(check: str, resource: str, unexpected: list[Fact], gathered: Gathered) -> bool:
    faulty = sum(fact.rows for fact in unexpected)
    return faulty <= FEW_ROWS or faulty <= FEW_SHARE * gathered.looked_at(check, resource)


def _observed(check: str, facts: list[Fact], is_failed: bool, resource: str, gathered: Gathered) -> str:
    if check not in _ROW_CHECKS:
        return "; ".join(fact.observed or str(fact.value) for fact in facts)
    looked_at, landed = gathered.looked_at(check, resource), gathered.landed[resource].rows
    scope = f"{looked_at:,} rows" if looked_at == landed else f"{looked_at:,} of {landed:,} rows looked at"
    if not is_failed:
        return f"all of {scope}"
    values = ", ".join(f"{fact.rows:,} with {_words(fact.value)}" for fact in facts[:_SHOWN])
    more = f" and {len(facts) - _SHOWN} other values" if len(facts) > _SHOWN else ""
    return f"{check}: {values}{more} of {scope}"


def _words(value: str | float) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _WIDTH else f"{value[:_WIDTH]}...")
    moment = datetime.fromtimestamp(value, UTC) if abs(value) < 2**36 else None
    return f"{moment:%Y-%m-%d}" if moment else f"second {value:.0f}"
