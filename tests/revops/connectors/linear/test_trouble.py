"""Everything that Linear can answer instead of yes, and what it means."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from revops.connectors.linear import LinearTasks
from revops.domain.task import TaskRefusedError, TaskUnavailableError
from sandbox.linear import Running
from tests.revops.connectors.linear.conftest import Connect, new_task

REFUSED = [
    ("refused", {"error": "authentication error"}, "LINEAR_API_KEY"),
    ("refused", {"error": "AUTHENTICATION_ERROR"}, "LINEAR_API_KEY"),
    ("refused", {"error": "forbidden"}, "read and write access"),
    ("refused", {"error": "feature not accessible"}, "read and write access"),
    ("refused", {"error": "usage limit exceeded"}, "plan of the workspace"),
    ("refused", {"error": "invalid input", "message": "teamId must be a UUID."}, "teamId must be a UUID"),
    ("refused", {"error": "user error", "message": "Entity not found: Team"}, "Entity not found: Team"),
    ("refused", {"error": "graphql error"}, "Linear refuses"),
    ("partial", {"error": "invalid input"}, "Linear refuses"),
    ("400", {}, "status 400"),
    ("400", {"error": "invalid input", "message": "too deep"}, "too deep"),
    ("401", {}, "LINEAR_API_KEY"),
    ("401", {"error": "authentication error"}, "LINEAR_API_KEY"),
    ("403", {}, "read and write access"),
    ("404", {}, "LINEAR_API_BASE"),
    ("302", {}, "LINEAR_API_BASE"),
]
UNAVAILABLE = [
    ("refused", {"error": "internal error"}),
    ("refused", {"error": "lock timeout"}),
    ("refused", {"error": "something new"}),
    ("partial", {"error": "internal error"}),
    ("500", {}),
    ("500", {"error": "internal error"}),
    ("wrong", {}),
    ("garbage", {}),
    ("half", {}),
    ("nothing", {}),
]


@pytest.mark.parametrize(("kind", "how", "words"), REFUSED)
def test_a_refusal_says_what_to_do_and_is_not_repeated(
    tasks: LinearTasks, linear: Running, kind: Any, how: dict[str, Any], words: str
) -> None:
    linear.fail_next("OpenTask", kind, **how)
    with pytest.raises(TaskRefusedError, match=words) as refused:
        tasks.open(new_task())
    assert linear.workspace.api_key not in str(refused.value)
    assert [one.operation for one in linear.exchanges].count("OpenTask") == 1
    assert linear.workspace.issues == {}
    assert tasks.open(new_task()).identifier == "REV-1"


@pytest.mark.parametrize(("kind", "how", "words"), REFUSED)
def test_a_refused_read_is_the_same_error(
    tasks: LinearTasks, linear: Running, kind: Any, how: dict[str, Any], words: str
) -> None:
    linear.fail_next("FindTask", kind, **how)
    with pytest.raises(TaskRefusedError, match=words):
        tasks.find("default/act_1")
    assert [one.operation for one in linear.exchanges].count("FindTask") == 1


@pytest.mark.parametrize(("kind", "how"), UNAVAILABLE)
@pytest.mark.parametrize("is_there", [False, True])
def test_a_lost_answer_may_have_arrived_and_the_next_open_finds_it(
    tasks: LinearTasks, linear: Running, kind: Any, how: dict[str, Any], is_there: bool
) -> None:
    linear.fail_next("OpenTask", kind, after_execution=is_there, **how)
    with pytest.raises(TaskUnavailableError, match="it is tried again") as failed:
        tasks.open(new_task())
    assert failed.value.may_have_arrived
    assert len(linear.workspace.issues) == int(is_there)
    assert [one.operation for one in linear.exchanges].count("OpenTask") == 1
    assert tasks.open(new_task()).identifier == "REV-1"
    assert len(linear.workspace.issues) == 1


@pytest.mark.parametrize(("kind", "how"), [one for one in UNAVAILABLE if one[0] != "wrong"])
def test_a_read_is_tried_again_and_has_changed_nothing_where_it_fails_for_good(
    tasks: LinearTasks, linear: Running, kind: Any, how: dict[str, Any]
) -> None:
    linear.fail_next("FindTask", kind, times=2, **how)
    assert tasks.find("default/act_1") is None
    linear.fail_next("FindTask", kind, times=3, **how)
    with pytest.raises(TaskUnavailableError) as failed:
        tasks.find("default/act_1")
    assert not failed.value.may_have_arrived


@pytest.mark.parametrize("operation", ["FindTask", "FindTeam", "Workspace"])
def test_data_of_another_shape_is_no_answer(tasks: LinearTasks, linear: Running, operation: str) -> None:
    linear.fail_next(operation, "wrong")
    with pytest.raises((TaskUnavailableError, TaskRefusedError)):
        tasks.open(new_task())
    assert linear.workspace.issues == {}


@pytest.mark.parametrize(
    ("kind", "how"), [("429", {}), ("400", {"error": "ratelimited"}), ("refused", {"error": "RATELIMITED"})]
)
@pytest.mark.parametrize(("header", "seconds"), [(17, 17.0), (None, None)])
def test_too_many_requests_say_how_long_to_wait(
    tasks: LinearTasks, linear: Running, kind: Any, how: dict[str, Any], header: int | None, seconds: float | None
) -> None:
    linear.fail_next("OpenTask", kind, retry_after=header, **how)
    with pytest.raises(TaskUnavailableError, match="fewer requests") as failed:
        tasks.open(new_task())
    assert (failed.value.retry_after_seconds, failed.value.may_have_arrived) == (seconds, False)


def test_a_read_does_not_wait_where_linear_asks_for_a_pause(tasks: LinearTasks, linear: Running) -> None:
    linear.fail_next("FindTask", "429", retry_after=600)
    with pytest.raises(TaskUnavailableError) as failed:
        tasks.find("default/act_1")
    assert failed.value.retry_after_seconds == 600
    assert [one.operation for one in linear.exchanges].count("FindTask") == 1


def test_a_time_out_after_sending_may_have_arrived(connect: Connect, linear: Running) -> None:
    gate = linear.fail_next("OpenTask", "held", after_execution=True)
    assert gate is not None
    with pytest.raises(TaskUnavailableError, match="ReadTimeout") as failed:
        connect(read_seconds=0.3).open(new_task())
    gate.release()
    assert failed.value.may_have_arrived
    assert connect().open(new_task()).identifier == "REV-1"
    assert len(linear.workspace.issues) == 1


def test_a_linear_that_is_not_there_has_changed_nothing(connect: Connect) -> None:
    nobody = connect(url="http://127.0.0.1:9/graphql")
    with pytest.raises(TaskUnavailableError, match="cannot be reached") as failed:
        nobody.open(new_task())
    assert not failed.value.may_have_arrived


@pytest.mark.parametrize("url", ["127.0.0.1/graphql", "ftp://127.0.0.1/", "http://[x"])
def test_an_address_that_is_none_is_said(connect: Connect, url: str) -> None:
    with pytest.raises(TaskRefusedError, match="LINEAR_API_BASE"):
        connect(url=url).find("x")


def test_failures_in_a_row_leave_linear_alone_for_a_while(tasks: LinearTasks, linear: Running) -> None:
    linear.fail_next("*", "500", times=5)
    for _ in range(2):
        with pytest.raises(TaskUnavailableError):
            tasks.find("default/act_1")
    asked = len(linear.exchanges)
    with pytest.raises(TaskUnavailableError, match="left alone") as failed:
        tasks.find("default/act_1")
    assert (failed.value.retry_after_seconds, failed.value.may_have_arrived) == (30, False)
    assert len(linear.exchanges) == asked


def test_refusals_in_a_row_do_not(tasks: LinearTasks, linear: Running) -> None:
    linear.fail_next("FindTask", "refused", times=12, error="forbidden")
    for _ in range(12):
        with pytest.raises(TaskRefusedError):
            tasks.find("default/act_1")
    assert tasks.find("default/act_1") is None


def test_a_revoked_key_and_a_key_that_may_only_read(tasks: LinearTasks, linear: Running) -> None:
    linear.workspace.scopes = frozenset({"read"})
    with pytest.raises(TaskRefusedError, match="read and write access"):
        tasks.open(new_task())
    linear.workspace.is_key_revoked = True
    with pytest.raises(TaskRefusedError, match="LINEAR_API_KEY"):
        tasks.find("default/act_1")


@pytest.mark.parametrize("key", ["", " ", "lin api", "lin_api_\n x", "lin_äpi", "lin_api_\0"])
def test_a_key_that_no_header_can_hold_is_refused_without_naming_it(connect: Connect, key: str) -> None:
    with pytest.raises(TaskRefusedError, match="no API key of Linear's"):
        connect(key=key or "\t").find("x")


def test_space_around_a_key_is_no_part_of_it(connect: Connect, linear: Running) -> None:
    assert connect(key=f" {linear.workspace.api_key}\n").find("x") is None


@pytest.mark.parametrize("kind", ["refused", "401", "500"])
def test_neither_key_nor_words_are_logged_and_an_echoed_key_is_hidden(
    tasks: LinearTasks, linear: Running, caplog: pytest.LogCaptureFixture, kind: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    key = linear.workspace.api_key
    linear.fail_next("OpenTask", kind, error="authentication error", message=f"{key} is no key")
    with pytest.raises((TaskRefusedError, TaskUnavailableError), match=r"\[hidden\] is no key"):
        tasks.open(new_task())
    tasks.open(new_task())
    assert caplog.records
    assert key not in caplog.text
    assert "Northwind" not in caplog.text
    assert key not in repr(vars(tasks._client)) + repr(vars(tasks._client._transport))
