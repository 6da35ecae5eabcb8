"""A task is found wherever people have put it, and closed once; what a person decided stays."""

from __future__ import annotations

import pytest

from revops.connectors.linear import LinearTasks
from revops.domain.task import TaskRefusedError, TaskUnavailableError
from sandbox.linear import Running
from tests.revops.connectors.linear.conftest import Connect, new_task


def test_a_key_without_a_task_finds_nothing(tasks: LinearTasks) -> None:
    assert tasks.find("default/act_1") is None


def test_a_task_is_found_with_what_people_said_oldest_first(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(new_task())
    linear.workspace.say("ben", opened.task_id, "I called them.")
    linear.workspace.say_as_app("Zendesk", opened.task_id, "A ticket.")
    found = tasks.find("default/act_1")
    assert found is not None
    assert found.task_id == opened.task_id
    assert [(one.author, one.body) for one in found.comments] == [
        ("Ben Okafor", "I called them."),
        ("Zendesk", "A ticket."),
    ]
    assert found.comments[0].at.utcoffset() is not None
    assert found.comments[0].at < found.comments[1].at


def test_all_pages_of_comments_are_read(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(new_task())
    for number in range(260):
        linear.workspace.say("ada", opened.task_id, f"comment {number}")
    found = tasks.find("default/act_1")
    assert found is not None
    assert [one.body for one in found.comments] == [f"comment {number}" for number in range(260)]


def test_a_task_is_found_after_it_was_moved_to_another_team_and_archived(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(new_task())
    linear.workspace.move_to_team(opened.task_id, "FIN")
    linear.workspace.move(opened.task_id, "Done")
    linear.workspace.archive(opened.task_id)
    found = tasks.find("default/act_1")
    assert found is not None
    assert (found.identifier, found.state) == ("FIN-1", "done")


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Triage", "open"),
        ("Backlog", "open"),
        ("In Progress", "open"),
        ("Done", "done"),
        ("Canceled", "cancelled"),
        ("Duplicate", "cancelled"),
    ],
)
def test_states_are_open_done_or_cancelled(tasks: LinearTasks, linear: Running, name: str, state: str) -> None:
    opened = tasks.open(new_task())
    linear.workspace.move(opened.task_id, name)
    assert tasks.open(new_task()).state == state


def test_closing_says_what_became_of_it_and_moves_to_the_first_completed_state(
    tasks: LinearTasks, linear: Running
) -> None:
    opened = tasks.open(new_task())
    closed = tasks.close(opened.task_id, "Paid on 3 July.\0")
    issue = linear.workspace.issues[opened.task_id]
    assert (closed.state, issue.state.name) == ("done", "Done")
    assert [one.body for one in closed.comments] == ["Paid on 3 July."]
    assert tasks.close(opened.task_id, "Paid on 3 July.") == closed


def test_a_task_in_another_team_is_closed_by_that_teams_state(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(new_task())
    linear.workspace.move_to_team(opened.task_id, "FIN")
    tasks.close(opened.task_id, "Paid.")
    state = linear.workspace.issues[opened.task_id].state
    assert (state.team.key, state.name) == ("FIN", "Done")


@pytest.mark.parametrize("how", ["Done", "Collected", "Canceled", "Duplicate", "trash", "archive"])
def test_what_a_person_has_closed_stays_as_it_is(tasks: LinearTasks, linear: Running, how: str) -> None:
    opened = tasks.open(new_task())
    if how in ("trash", "archive"):
        linear.workspace.archive(opened.task_id, is_trash=how == "trash")
    else:
        linear.workspace.move(opened.task_id, how)
    before = linear.workspace.issues[opened.task_id].state
    closed = tasks.close(opened.task_id, "Paid.")
    assert closed.state == ("done" if how in ("Done", "Collected") else "cancelled")
    assert closed.comments == ()
    assert linear.workspace.issues[opened.task_id].state is before


def test_a_task_that_was_deleted_for_good_cannot_be_closed(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(new_task())
    linear.workspace.delete(opened.task_id)
    with pytest.raises(TaskRefusedError, match="nothing to close"):
        tasks.close(opened.task_id, "Paid.")
    assert tasks.find("default/act_1") is None


def test_a_team_without_a_completed_state_is_said(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(new_task())
    linear.workspace.states = [one for one in linear.workspace.states if one.type != "completed"]
    with pytest.raises(TaskRefusedError, match="by hand"):
        tasks.close(opened.task_id, "Paid.")


@pytest.mark.parametrize("lost", ["Say", "CloseTask"])
def test_a_close_whose_answer_was_lost_is_repeated_without_a_second_comment(
    tasks: LinearTasks, linear: Running, lost: str
) -> None:
    opened = tasks.open(new_task())
    linear.fail_next(lost, "nothing", after_execution=True)
    with pytest.raises(TaskUnavailableError) as failed:
        tasks.close(opened.task_id, "Paid.")
    assert failed.value.may_have_arrived
    closed = tasks.close(opened.task_id, "Paid.")
    assert (closed.state, [one.body for one in closed.comments]) == ("done", ["Paid."])
    assert [one.operation for one in linear.exchanges].count("Say") == 1


def test_two_that_close_at_once_comment_once(connect: Connect, linear: Running) -> None:
    first, second = connect(), connect()
    opened = first.open(new_task())
    # The second has read the task before the first comments.
    linear.fail_next("Say", "refused", after_execution=True, error="invalid input", message="Conflict on insert")
    closed = second.close(opened.task_id, "Paid.")
    assert (closed.state, len(closed.comments)) == ("done", 1)


def test_a_comment_that_linear_refuses_is_an_error(tasks: LinearTasks, linear: Running) -> None:
    opened = tasks.open(new_task())
    linear.fail_next("Say", "refused", error="forbidden")
    with pytest.raises(TaskRefusedError, match="comment on the task"):
        tasks.close(opened.task_id, "Paid.")
    assert linear.workspace.issues[opened.task_id].state.name == "Todo"


def test_nothing_to_say_is_closed_without_a_comment(tasks: LinearTasks) -> None:
    assert tasks.close(tasks.open(new_task()).task_id, " \0").comments == ()
