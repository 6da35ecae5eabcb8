"""Opening a task: once per key, with what Linear knows of what was asked for."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pyrate_limiter import BucketFactory

from revops.connectors.linear import LinearTasks
from revops.domain.task import TaskRefusedError, TaskUnavailableError
from sandbox.linear import Running
from tests.revops.connectors.linear.conftest import LINK, Connect, new_task


def test_a_task_is_an_issue_with_everything_that_was_asked_for(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(new_task(assignee="ben@sandbox.example", labels=("leak", "failed charges")))
    issue = linear.workspace.issues[opened.task_id]
    assert (opened.identifier, opened.state, opened.comments) == ("REV-1", "open", ())
    assert opened.url == f"{linear.url}/issue/REV-1"
    assert (issue.title, issue.priority, issue.team.name) == ("Northwind owes USD 1,240.00", 2, "Revenue")
    assert issue.description == f"[Open the leak]({LINK})\n\nThe card was declined **three** times."
    assert issue.assignee is not None
    assert issue.assignee.name == "Ben Okafor"
    assert [one.name for one in issue.labels] == ["Leak", "failed charges"]
    assert [one.url for one in issue.attachments] == [LINK]
    assert uuid.UUID(opened.task_id).version == 4


def test_a_second_request_with_the_same_key_finds_the_first_task(tasks: LinearTasks, linear: Running) -> None:
    first = tasks.open(new_task())
    assert tasks.open(new_task(title="other words")) == first
    assert tasks.open(new_task("default/act_2")).task_id != first.task_id
    assert [one.title for one in linear.workspace.issues.values()] == ["Northwind owes USD 1,240.00"] * 2


def test_two_at_once_make_one_task(connect: Connect, linear: Running) -> None:
    gate = linear.fail_next("OpenTask", "held")
    assert gate is not None
    first, second = connect(), connect()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(first.open, new_task())
        assert gate.reached.wait(10)
        faster = second.open(new_task())
        gate.release()
        assert waiting.result(10).task_id == faster.task_id
    assert len(linear.workspace.issues) == 1


def test_the_same_key_in_another_workspace_has_another_id(connect: Connect, linear: Running) -> None:
    here = connect().open(new_task())
    # Ids are unique over all of Linear, so a key alone would be taken wherever somebody else has used it.
    linear.workspace.id = str(uuid.uuid4())
    assert connect().open(new_task()).task_id != here.task_id


@pytest.mark.parametrize("team", ["REV", "rev", "Revenue", "revenue", "id"])
def test_a_team_is_known_by_key_name_and_id(tasks: LinearTasks, linear: Running, team: str) -> None:
    wanted = linear.workspace.teams[0].id if team == "id" else team
    assert tasks.open(new_task(team=wanted)).identifier == "REV-1"


def test_a_team_that_is_not_there_is_said(tasks: LinearTasks, linear: Running) -> None:
    linear.workspace.teams[0].is_retired = True
    for team in ("Nobody's", "REV", "", "\0"):
        with pytest.raises(TaskRefusedError, match="Correct the team in the policy"):
            tasks.open(new_task(team=team))
    assert linear.workspace.issues == {}


def test_a_name_that_two_teams_have_is_no_guess(tasks: LinearTasks, linear: Running) -> None:
    linear.workspace.add_team("REV2", "Revenue")
    with pytest.raises(TaskRefusedError, match=r"REV, REV2.*name the key"):
        tasks.open(new_task(team="Revenue"))


@pytest.mark.parametrize("name", ["ben@sandbox.example", "BEN@sandbox.example", "ben", "@ben", "Ben Okafor", "id"])
def test_a_person_is_known_by_address_names_and_id(tasks: LinearTasks, linear: Running, name: str) -> None:
    wanted = linear.workspace.users[1].id if name == "id" else name
    issue = linear.workspace.issues[tasks.open(new_task(assignee=wanted)).task_id]
    assert issue.assignee is linear.workspace.users[1]


@pytest.mark.parametrize("name", ["zoe@sandbox.example", "Gone", "Twin", "*[x](https://evil.example)*"])
def test_a_person_who_is_not_there_is_named_in_the_description(tasks: LinearTasks, linear: Running, name: str) -> None:
    linear.workspace.add_user("Gone", "gone", "gone@sandbox.example", is_active=False)
    linear.workspace.add_user("Twin", "twin1", "twin1@sandbox.example")
    linear.workspace.add_user("Twin", "twin2", "twin2@sandbox.example")
    issue = linear.workspace.issues[tasks.open(new_task(assignee=name)).task_id]
    assert issue.assignee is None
    assert "whom Linear does not know as one active person." in issue.description
    assert "](https://evil" not in issue.description


def test_labels_are_the_teams_or_the_workspaces_and_missing_ones_are_made_once(
    tasks: LinearTasks, linear: Running
) -> None:
    revenue, finance = linear.workspace.teams
    own = linear.workspace.add_label("Dunning", revenue)
    linear.workspace.add_label("Dunning")
    linear.workspace.add_label("Foreign", finance)
    for key in ("a", "b"):
        tasks.open(new_task(key, labels=("dunning", "Foreign", "Foreign", " ")))
    for issue in linear.workspace.issues.values():
        assert issue.labels[0] is own
        assert [(one.name, one.team) for one in issue.labels] == [("Dunning", revenue), ("Foreign", revenue)]
    assert [one.name for one in linear.workspace.labels] == ["Leak", "Dunning", "Dunning", "Foreign", "Foreign"]


def test_of_one_group_the_first_label_is_taken_and_the_rest_are_named(tasks: LinearTasks, linear: Running) -> None:
    group = linear.workspace.add_label("Size", is_group=True)
    linear.workspace.add_label("Large", parent=group)
    linear.workspace.add_label("Small", parent=group)
    issue = linear.workspace.issues[tasks.open(new_task(labels=("Size", "Large", "Small"))).task_id]
    assert [one.name for one in issue.labels] == ["Large"]
    assert "Labels that could not be set: Size, Small." in issue.description


def test_labels_that_may_not_be_made_are_left_out_and_named(connect: Connect, linear: Running) -> None:
    unwilling = connect(may_create_labels=False).open(new_task("a", labels=("Leak", "new_one")))
    linear.workspace.scopes = frozenset({"read", "write"})
    unable = connect().open(new_task("b", labels=("Leak", "new_one")))
    for opened in (unwilling, unable):
        issue = linear.workspace.issues[opened.task_id]
        assert [one.name for one in issue.labels] == ["Leak"]
        assert r"Labels that could not be set: new\_one." in issue.description


def test_a_label_that_somebody_makes_at_the_same_moment_is_used(connect: Connect, linear: Running) -> None:
    gate = linear.fail_next("CreateLabel", "held")
    assert gate is not None
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(connect().open, new_task(labels=("new",)))
        assert gate.reached.wait(10)
        theirs = linear.workspace.add_label("New", linear.workspace.teams[0])
        gate.release()
        opened = waiting.result(10)
    assert linear.workspace.issues[opened.task_id].labels == [theirs]


def test_a_link_that_cannot_be_attached_stays_in_the_description(tasks: LinearTasks, linear: Running) -> None:
    linear.fail_next("AttachLink", "refused", error="forbidden")
    issue = linear.workspace.issues[tasks.open(new_task()).task_id]
    assert issue.attachments == []
    assert LINK in issue.description


@pytest.mark.parametrize("kind", ["500", "429"])
def test_a_link_whose_attachment_was_lost_is_attached_by_the_next_try(
    tasks: LinearTasks, linear: Running, kind: Any
) -> None:
    linear.fail_next("AttachLink", kind)
    with pytest.raises(TaskUnavailableError) as failed:
        tasks.open(new_task())
    assert failed.value.may_have_arrived
    opened = tasks.open(new_task())
    assert [one.url for one in linear.workspace.issues[opened.task_id].attachments] == [LINK]
    assert len(linear.workspace.issues) == 1


@pytest.mark.parametrize(
    "link", [None, "javascript:alert(1)", "https://", "not a link", "http://[x", "https://x.example/\0"]
)
def test_what_is_no_web_address_is_neither_attached_nor_written(
    tasks: LinearTasks, linear: Running, link: str | None
) -> None:
    issue = linear.workspace.issues[tasks.open(new_task(link=link)).task_id]
    assert (issue.attachments, issue.description) == ([], "The card was declined **three** times.")


def test_a_link_with_brackets_does_not_end_early(tasks: LinearTasks, linear: Running) -> None:
    issue = linear.workspace.issues[tasks.open(new_task(link="https://x.example/a)](https://evil.example")).task_id]
    assert issue.description.startswith("[Open the leak](https://x.example/a%29%5D%28https://evil.example)\n")


HOSTILE = "A\0B\x07\r\n‮C\ud800 <script>" + "\U0001f4b8" * 200


def test_hostile_text_is_cut_and_cleaned_to_what_linear_takes(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(
        new_task(title=HOSTILE, description=HOSTILE + "x" * 60_000, labels=(HOSTILE,), assignee=HOSTILE)
    )
    issue = linear.workspace.issues[opened.task_id]
    assert issue.title.startswith("A B C\ufffd <script>\U0001f4b8")
    assert issue.title.endswith("…")
    assert len(issue.title.encode("utf-16-le")) // 2 <= 255
    assert len(issue.description.encode("utf-16-le")) // 2 <= 50_000
    assert "\0" not in issue.description
    assert "AB\nC\ufffd <script>" in issue.description
    assert [len(one.name.encode("utf-16-le")) // 2 <= 80 for one in issue.labels] == [True]


@pytest.mark.parametrize("how", [{"title": " \0 "}, {"priority": 5}, {"priority": -1}])
def test_what_linear_would_refuse_anyway_is_not_sent(tasks: LinearTasks, linear: Running, how: dict[str, Any]) -> None:
    with pytest.raises(TaskRefusedError, match="a title, and a priority"):
        tasks.open(new_task(**how))
    assert "OpenTask" not in {one.operation for one in linear.exchanges}


def test_a_connector_that_is_closed_leaves_no_thread(
    linear: Running, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limiter's threads look every ten seconds whether they are still needed.
    monkeypatch.setattr(BucketFactory, "_leak_interval", 50)
    before = set(threading.enumerate())
    some = [connect() for _ in range(3)]
    theirs = [one for one in threading.enumerate() if one not in before]
    assert len(theirs) == 3
    for tasks in some:
        tasks.close_connections()
    for thread in theirs:
        thread.join(20)
        assert not thread.is_alive()
