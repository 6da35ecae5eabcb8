"""Errors of any shape become ours, with nothing in them that a terminal or a log should not get."""

from __future__ import annotations

from typing import Any

import pytest

from revops.connectors.linear.errors import is_worth_repeating, typed
from revops.domain.task import TaskRefusedError, TaskUnavailableError


def error(errors: object, status: int | None = None, **headers: str) -> TaskRefusedError | TaskUnavailableError:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return typed(status, errors, given, doing="open the task", is_change=True)


@pytest.mark.parametrize(
    "errors",
    [
        "text",
        b"bytes",
        7,
        None,
        {},
        [],
        [7, None, "x"],
        [{}],
        [{"message": None, "extensions": None}],
        [{"message": 7, "extensions": [1]}],
        [{"message": "", "extensions": {"type": 7, "code": " ", "userError": "yes"}}],
    ],
)
def test_errors_without_sense_are_a_failure_that_may_have_had_an_effect(errors: object) -> None:
    failed = error(errors)
    assert isinstance(failed, TaskUnavailableError)
    assert failed.may_have_arrived
    assert "no reason given" in str(failed)


def test_the_first_error_that_says_what_it_is_counts() -> None:
    several: list[Any] = [7, {"message": "Something"}, {"extensions": {"code": "FORBIDDEN"}}]
    assert isinstance(error(several), TaskRefusedError)


def test_an_unknown_type_is_refused_only_where_linear_blames_the_caller() -> None:
    assert isinstance(error([{"message": "x", "extensions": {"userError": True}}]), TaskRefusedError)
    strange = error([{"message": "x", "extensions": {"userError": True, "type": "new kind"}}])
    assert isinstance(strange, TaskUnavailableError)


def test_what_linear_says_is_one_short_line() -> None:
    said = str(error([{"message": "a\0b\nc\x1b[31m" + "x" * 5_000, "extensions": {"type": "invalid input"}}]))
    assert "Linear says: a b c [31mxx" in said
    assert len(said) < 600
    assert said.isprintable()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("17", 17.0), ("0", 0.0), ("999999999999", 86_400.0), ("-1", None), ("soon", None), ("1.5", None), ("²", None)],
)
def test_a_pause_is_a_number_of_seconds_or_unknown(given: str, seconds: float | None) -> None:
    busy = error([], 429, retry_after=given)
    assert isinstance(busy, TaskUnavailableError)
    assert busy.retry_after_seconds == seconds
    assert is_worth_repeating(busy) == (seconds is None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, TaskRefusedError),
        (408, TaskUnavailableError),
        (413, TaskRefusedError),
        (418, TaskRefusedError),
        (502, TaskUnavailableError),
        (503, TaskUnavailableError),
    ],
)
def test_a_status_alone_is_refused_or_unavailable(status: int, kind: type[Exception]) -> None:
    assert isinstance(error(None, status), kind)
    assert str(status) in str(error(None, status))
