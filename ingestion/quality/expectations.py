"""Great Expectations, asked about small tables of facts: the only module that imports it.

Importing it takes six seconds, so it happens in a thread while SQL gathers the facts, never where nothing landed. It
gets facts (distinct values with their counts), not rows: two million rows as a pandas batch would cost more than dbt.
The context is ephemeral, so no file is written, and what it would report or draw is switched off.
"""

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import pandas as pd

from ingestion.quality.questions import Answer, Between, Fact, OneOf, OneOfPerTable, Question

_INDEX = "fact"


class Judge:
    """Answers questions; a context manager, because it starts importing as soon as it is made."""

    def __enter__(self) -> Self:
        # Its own warnings (deprecated modules of the standard library) are not ours to answer.
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")
        self._thread = ThreadPoolExecutor(1)
        self._ready: Future[tuple[Any, Any]] = self._thread.submit(_prepare)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        self._warnings.__exit__(kind, error, trace)

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer per question that has facts; a check that breaks answers with its error."""
        gx, asset = self._ready.result()
        return [_answer(gx, asset, question) for question in questions if question.facts]


def _prepare() -> tuple[Any, Any]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    return gx, context.data_sources.add_pandas("landing").add_dataframe_asset("facts")


def _answer(gx: Any, asset: Any, question: Question) -> Answer:
    frame = pd.DataFrame(
        {
            _INDEX: range(len(question.facts)),
            "value": [_value(question, fact) for fact in question.facts],
        }
    )
    try:
        definition = asset.add_batch_definition_whole_dataframe(question.name)
        try:
            outcome = definition.get_batch({"dataframe": frame}).validate(
                _expectation(gx, question),
                result_format={"result_format": "COMPLETE", "unexpected_index_column_names": [_INDEX]},
            )
        finally:
            asset.delete_batch_definition(question.name)
    except Exception as error:  # noqa: BLE001 - whatever breaks inside is this check's error, not the data's
        return Answer(question, error=f"{type(error).__name__}: {error}")
    raised = _exception(outcome.exception_info)
    if raised is not None:
        return Answer(question, error=raised)
    if outcome.success:
        return Answer(question)
    return Answer(question, tuple(_facts(question, outcome.result)))


def _expectation(gx: Any, question: Question) -> Any:
    wanted = question.wanted
    if isinstance(wanted, OneOf):
        return gx.expectations.ExpectColumnValuesToBeInSet(column="value", value_set=list(wanted.values))
    if isinstance(wanted, OneOfPerTable):
        pairs = [f"{resource} {value}" for resource, value in wanted.pairs]
        return gx.expectations.ExpectColumnValuesToBeInSet(column="value", value_set=pairs)
    assert isinstance(wanted, Between)  # noqa: S101 - the three shapes there are
    return gx.expectations.ExpectColumnValuesToBeBetween(column="value", min_value=wanted.low, max_value=wanted.high)


def _value(question: Question, fact: Fact) -> str | float:
    """The value, with its table where what is wanted differs by table: Great Expectations' pairs take seconds."""
    return f"{fact.resource} {fact.value}" if isinstance(question.wanted, OneOfPerTable) else fact.value


def _exception(info: dict[str, Any]) -> str | None:
    """The message of an exception that Great Expectations caught and would show as a failed expectation."""
    single = info if "raised_exception" in info else None
    for one in [single] if single is not None else info.values():
        if one and one.get("raised_exception"):
            return str(one.get("exception_message") or "an exception without a message")
    return None


def _facts(question: Question, result: dict[str, Any]) -> list[Fact]:
    return [question.facts[int(row[_INDEX])] for row in result["unexpected_index_list"]]
