"""Played again, decisions give the states that tables must have; what does not follow is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from revops.domain.decision_record import DecisionRecord
from revops.domain.replay import ActionState, LeakState, States, differences, replay
from tests.revops.domain.logs import Log

HASHES = {number: f"{number:02x}" * 32 for number in range(1, 9)}


class Story:
    """Steps of actions and leaks, as records."""

    def __init__(self) -> None:
        self.records: list[DecisionRecord] = []

    def action(
        self, transition: str, before: str | None, after: str, *, version: int = 1, by: str = "person_1", **data: Any
    ) -> Story:
        """One step of the action act_1, as the store records it."""
        told = {"from": before, "to": after, "version": version, "version_hash": HASHES[version], **data}
        record = Log().add(f"action.{transition}", data=told, by=by).record
        subject = replace(record.subject, version=version, version_hash=HASHES[version])
        self.records.append(replace(record, subject=subject, number=len(self.records) + 1))
        return self

    def leak(self, transition: str, before: str, after: str | None, **data: Any) -> Story:
        """One step of the leak leak_1."""
        kept = Log().add(
            f"leak.{transition}", data={"from": before, "to": after, **data}, subject="leak_1", version=None
        )
        self.records.append(replace(kept.record, number=len(self.records) + 1))
        return self

    def withdrawal(self, before: str, after: str) -> Story:
        """One answer to the question w_1."""
        kept = Log().add(f"withdrawal.{after}", data={"from": before, "to": after}, subject="w_1", version=None)
        self.records.append(replace(kept.record, number=len(self.records) + 1))
        return self

    @property
    def state(self) -> ActionState:
        """What is reached, where all of it fits."""
        replayed = replay(self.records)
        assert replayed.problems == ()
        return replayed.actions["act_1"]

    @property
    def problem(self) -> str:
        """The one thing that does not fit."""
        (problem,) = replay(self.records).problems
        return problem


def drafted() -> Story:
    return Story().action("draft", None, "drafted", by="system")


def test_from_a_draft_to_the_end() -> None:
    story = drafted().action("approve", "drafted", "approved").action("begin", "approved", "dispatching", by="system")
    story.action("lose", "dispatching", "unknown", by="system").action("succeed", "unknown", "done", by="system")
    assert story.state == ActionState("done", 1, HASHES[1], frozenset(("person_1",)))


def test_two_people_approve_and_one_who_approves_twice_counts_once() -> None:
    story = drafted().action("endorse", "drafted", "drafted").action("endorse", "drafted", "drafted")
    assert story.state.approvals == {"person_1"}
    story.action("approve", "drafted", "approved", by="person_2")
    assert story.state == ActionState("approved", 1, HASHES[1], frozenset(("person_1", "person_2")))


def test_an_approval_that_is_undone_counts_no_more() -> None:
    story = drafted().action("approve", "drafted", "approved").action("undo", "approved", "drafted")
    assert story.state == ActionState("drafted", 1, HASHES[1])


def test_a_next_version_has_no_approvals() -> None:
    story = drafted().action("endorse", "drafted", "drafted").action("refine", "drafted", "drafted", version=2)
    assert story.state == ActionState("drafted", 2, HASHES[2])
    assert story.action("approve", "drafted", "approved", version=2, by="person_3").state.approvals == {"person_3"}


@pytest.mark.parametrize("transition", ["snooze", "postpone"])
def test_what_decides_nothing_leaves_approvals(transition: str) -> None:
    story = drafted().action("endorse", "drafted", "drafted")
    if transition == "snooze":
        story.action("snooze", "drafted", "drafted", by="person_2")
    else:
        story.action("approve", "drafted", "approved").action("postpone", "approved", "approved", by="system")
    assert story.state.approvals == {"person_1"}


def test_a_step_that_does_not_begin_where_the_last_one_ended_is_told() -> None:
    story = drafted().action("deny", "drafted", "denied").action("approve", "drafted", "approved")
    assert story.problem == "Record 3 (action.approve of act_1) begins at drafted, while denied was reached."


def test_a_step_of_an_action_that_was_never_drafted_is_told() -> None:
    story = Story().action("approve", "drafted", "approved")
    assert story.problem == "Record 1 (action.approve of act_1) begins at drafted, while None was reached."
    assert Story().action("approve", None, "approved").problem.endswith("leads to approved, which approve does not.")
    assert Story().action("draft", None, "approved").problem.endswith("leads to approved, which draft does not.")


@pytest.mark.parametrize(("transition", "after"), [("begin", "dispatching"), ("approve", "done"), ("sneeze", "done")])
def test_a_step_that_no_action_can_take_is_told(transition: str, after: str) -> None:
    assert drafted().action(transition, "drafted", after).problem == (
        f"Record 2 (action.{transition} of act_1) leads to {after}, which {transition} does not."
    )


def test_a_version_that_is_left_out_is_told() -> None:
    story = drafted().action("refine", "drafted", "drafted", version=3)
    assert story.problem.endswith("is about version 3, while 1 was reached.")
    story = drafted().action("refine", "drafted", "drafted", version=2).action("snooze", "drafted", "drafted")
    assert story.problem.endswith("is about version 1, while 2 was reached.")


def test_a_version_with_another_hash_is_told() -> None:
    story = drafted().action("snooze", "drafted", "drafted")
    changed = replace(story.records[1].subject, version_hash=HASHES[7])
    story.records[1] = replace(
        story.records[1], subject=changed, data={**story.records[1].data, "version_hash": HASHES[7]}
    )
    assert story.problem.endswith("calls version 1 by another hash.")


def test_a_record_that_contradicts_itself_is_told() -> None:
    assert (
        drafted()
        .action("snooze", "drafted", "drafted", version=1, version_hash=HASHES[2])
        .problem.endswith("names two versions.")
    )
    for changes in ({"version": None}, {"version_hash": None}):
        story = drafted()
        story.records[0] = replace(story.records[0], subject=replace(story.records[0].subject, **changes))
        assert story.problem.endswith("names no version.")


def test_after_the_first_that_does_not_fit_no_later_one_is_played() -> None:
    story = drafted().action("approve", "denied", "approved").action("begin", "approved", "dispatching")
    assert "Record 2 " in story.problem
    assert replay(story.records).actions["act_1"].status == "drafted"


def test_what_does_not_fit_of_one_keeps_no_other_from_being_played() -> None:
    story = drafted().action("approve", "denied", "approved").action("begin", "approved", "dispatching")
    story.leak("dismiss", "open", "dismissed")
    assert replay(story.records).leaks == {"leak_1": LeakState("dismissed", is_suppressed=True)}


def test_what_is_about_neither_actions_nor_leaks_changes_nothing() -> None:
    log = Log()
    log.rotate()
    log.add("erased", data={"parts": []})
    replayed = replay(one.record for one in log.records)
    assert (replayed.actions, replayed.leaks, replayed.problems) == ({}, {}, ())


def test_a_leak_has_the_status_that_somebody_gave_it_and_an_owner_or_none() -> None:
    story = Story().leak("assign", "open", "open", has_owner=True)
    assert replay(story.records).leaks == {"leak_1": LeakState("open", has_owner=True)}
    story.leak("dismiss", "pending_decision", "dismissed")
    dismissed = LeakState("dismissed", has_owner=True, is_suppressed=True)
    assert replay(story.records).leaks == {"leak_1": dismissed}
    story.leak("assign", "dismissed", "dismissed", has_owner=False)
    assert replay(story.records).leaks == {"leak_1": replace(dismissed, has_owner=False)}


def test_a_suppression_that_is_lifted_leaves_the_leak_dismissed() -> None:
    story = Story().leak("dismiss", "open", "dismissed").leak("lift", "", None)
    assert replay(story.records).leaks == {"leak_1": LeakState("dismissed")}
    assert story.leak("lift", "", None).problem.endswith("(leak.lift of leak_1) lifts what is not suppressed.")
    assert "lifts what is not suppressed" in Story().leak("lift", "", None).problem


def test_the_newest_answer_to_a_withdrawal_holds() -> None:
    story = Story().withdrawal("asked", "refused").withdrawal("refused", "confirmed")
    assert replay(story.records).withdrawals == {"w_1": "confirmed"}
    assert differences(replay(story.records), States(withdrawals={"w_1": "confirmed"})) == []
    assert differences(replay(story.records), States(withdrawals={"w_2": "refused"})) == [
        "Withdrawal w_1: status is asked in the table and confirmed by the records.",
        "Withdrawal w_2: status is refused in the table and asked by the records.",
    ]
    assert story.withdrawal("asked", "refused").problem.endswith("begins at asked, while confirmed was reached.")


def test_a_leak_that_was_ended_does_not_begin_again() -> None:
    story = Story().leak("dismiss", "open", "dismissed").leak("dismiss", "open", "dismissed")
    assert story.problem == "Record 2 (leak.dismiss of leak_1) begins at open, while dismissed was reached."
    for status in ("pending_decision", "acting"):
        fits = Story().leak("assign", "open", "open").leak("assign", status, status).leak("assign", "open", "open")
        assert replay(fits.records).problems == ()
    story = Story().leak("assign", "open", "open").leak("assign", "recovered", "recovered")
    assert story.problem.endswith("begins at recovered, while open was reached.")
    assert Story().leak("assign", "open", None).problem.endswith("leads nowhere.")


def test_tables_that_say_the_same_differ_in_nothing() -> None:
    story = drafted().action("approve", "drafted", "approved").leak("assign", "open", "open", has_owner=True)
    kept = States({"act_1": story.state}, {"leak_1": LeakState("acting", has_owner=True)})
    assert differences(replay(story.records), kept) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "done"}, "Action act_1: status is done in the table and approved by the records."),
        ({"version": 2}, "Action act_1: version is 2 in the table and 1 by the records."),
        ({"version_hash": "x"}, f"Action act_1: version hash is x in the table and {HASHES[1]} by the records."),
        (
            {"approvals": frozenset()},
            "Action act_1: approved by nobody in the table and by person_1 by the records.",
        ),
        (
            {"approvals": frozenset(("person_1", "person_0"))},
            "Action act_1: approved by person_0, person_1 in the table and by person_1 by the records.",
        ),
    ],
)
def test_an_action_that_was_changed_without_a_decision_is_told(changes: dict[str, Any], said: str) -> None:
    story = drafted().action("approve", "drafted", "approved")
    kept = States({"act_1": replace(story.state, **changes)})
    assert differences(replay(story.records), kept) == [said]


def test_an_action_without_records_and_records_without_an_action_are_told() -> None:
    state = drafted().state
    assert differences(States(), States({"act_2": state})) == [
        "Action act_2 is in the table, and no record tells of it."
    ]
    assert differences(States({"act_1": state}), States()) == [
        "Action act_1 is not in the table, and the records say drafted."
    ]


@pytest.mark.parametrize(
    ("told", "stored", "said"),
    [
        (LeakState("dismissed"), None, "is not in the table, and the records say dismissed."),
        (LeakState("dismissed"), LeakState("open"), "status is open in the table and dismissed by the records."),
        (LeakState("open", True), LeakState("open", False), "has owner is False in the table and True by the records."),
        (LeakState("open", False), LeakState("open", True), "has owner is True in the table and False by the records."),
        (
            LeakState("dismissed", None, True),
            LeakState("dismissed", False, False),
            "is suppressed is False in the table and True by the records.",
        ),
        (LeakState("open"), LeakState("recovered", True), None),
        (LeakState("dismissed", True, True), LeakState("dismissed", True, True), None),
    ],
)
def test_a_leak_is_compared_where_a_decision_ended_it(
    told: LeakState, stored: LeakState | None, said: str | None
) -> None:
    kept = States(leaks={"leak_1": stored} if stored else {})
    found = differences(States(leaks={"leak_1": told}), kept)
    assert [one.endswith(said or "") for one in found] == ([True] if said else [])
    assert all(one.startswith("Leak leak_1") for one in found)


def test_all_differences_are_told_in_order() -> None:
    state = drafted().state
    both, other = States({"a": state, "b": state}), replace(state, status="done", version=9)
    assert [one.split()[1] for one in differences(both, States({"a": other, "b": other}))] == ["a:", "a:", "b:", "b:"]
    replayed = States({"b": state, "a": state}, {"z": LeakState("dismissed"), "y": LeakState("dismissed")})
    assert [one.split()[1] for one in differences(replayed, States())] == ["a", "b", "y", "z"]
