"""Every way in which Linear can fail, as a client without any library meets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.linear import Running
from tests.sandbox.linear.conftest import CREATE, ask, refusal

VIEWER = "query Who { viewer { name } }"


@pytest.mark.parametrize("status", ["302", "400", "401", "403", "404", "429", "500"])
def test_a_status_is_answered_once_with_an_error_or_a_page(linear: Running, status: Any) -> None:
    linear.fail_next("Who", status, retry_after=7)
    linear.fail_next("Who", status, error="forbidden")
    page, error = ask(linear, VIEWER), ask(linear, VIEWER)
    assert (page.status_code, page.headers["retry-after"]) == (int(status), "7")
    assert page.headers["content-type"].startswith("text/html")
    assert refusal(error) == (int(status), "forbidden", "This did not work.")
    assert ask(linear, VIEWER).json() == {"data": {"viewer": {"name": "Ada Lindqvist"}}}


def test_a_refusal_stands_inside_a_200_alone_or_beside_data(linear: Running) -> None:
    linear.fail_next("*", "refused", error="ratelimited", message="Slow down")
    assert refusal(ask(linear, VIEWER)) == (200, "ratelimited", "Slow down")
    linear.fail_next("Who", "partial", after_execution=True)
    answer = ask(linear, VIEWER)
    assert answer.json()["data"] == {"viewer": {"name": "Ada Lindqvist"}}
    assert refusal(answer)[1] == "internal error"


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("kind", ["nothing", "garbage", "half", "wrong"])
def test_an_answer_can_be_lost_before_or_after_the_issue_is_there(linear: Running, kind: Any, is_there: bool) -> None:
    linear.fail_next("Op*", kind, after_execution=is_there)
    wanted = {"teamId": linear.workspace.teams[0].id, "title": "x"}
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, ValueError, KeyError)):
        assert ask(linear, CREATE, input=wanted).json()["data"]["issueCreate"]
    assert len(linear.workspace.issues) == int(is_there)


@pytest.mark.parametrize("is_there", [False, True])
def test_a_held_request_waits_until_it_is_released(linear: Running, is_there: bool) -> None:
    gate = linear.fail_next("Open", "held", after_execution=is_there)
    assert gate is not None
    wanted = {"teamId": linear.workspace.teams[0].id, "title": "x"}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, linear, CREATE, input=wanted)
        assert gate.reached.wait(10)
        assert len(linear.workspace.issues) == int(is_there)
        gate.release()
        assert waiting.result(10).json()["data"]["issueCreate"]["success"]


def test_slowness_changes_nothing_else(linear: Running) -> None:
    linear.fail_next("*", "slow", seconds=0.01)
    assert ask(linear, VIEWER).json()["data"]["viewer"]["name"] == "Ada Lindqvist"


def test_a_fault_that_does_not_exist_is_refused(linear: Running) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        linear.fail_next("*", "418")  # type: ignore[arg-type]


def test_beginning_anew_forgets_faults_issues_and_traffic(linear: Running) -> None:
    linear.fail_next("*", "500")
    before = linear.workspace.id
    linear.begin_anew()
    assert (linear.exchanges, linear.workspace.issues) == ((), {})
    assert linear.workspace.id != before
    assert ask(linear, VIEWER).status_code == 200
