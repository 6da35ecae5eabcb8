"""What may become of an action, and that nothing else may."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.domain.action import ACTION_STATUSES, UNSETTLED, ActionStatus
from revops.domain.action_states import STATES, IllegalTransitionError, Transition, after

TRANSITIONS: tuple[Transition, ...] = get_args(Transition)
# From where a step may be taken, and where it leads.
MAY: dict[ActionStatus, dict[Transition, ActionStatus]] = {
    "drafted": {
        "endorse": "drafted",
        "approve": "approved",
        "deny": "denied",
        "refine": "drafted",
        "renew": "drafted",
        "snooze": "drafted",
        "wake": "drafted",
        "undo": "drafted",
        "expire": "expired",
        "supersede": "superseded",
        "withdraw": "withdrawn",
    },
    "approved": {
        "renew": "drafted",
        "undo": "drafted",
        "expire": "expired",
        "supersede": "superseded",
        "withdraw": "withdrawn",
        "postpone": "approved",
        "begin": "dispatching",
        "rehearse": "rehearsed",
        "hand_over": "handed_over",
    },
    "dispatching": {
        "put_back": "approved",
        "lose": "unknown",
        "succeed": "done",
        "fail": "failed",
        "hand_over": "handed_over",
    },
    "unknown": {"succeed": "done", "fail": "failed"},
}


@pytest.mark.parametrize("status", ACTION_STATUSES)
@pytest.mark.parametrize("transition", TRANSITIONS)
def test_each_step_leads_where_it_should_and_every_other_is_refused(
    status: ActionStatus, transition: Transition
) -> None:
    leads_to = MAY.get(status, {}).get(transition)
    if leads_to is not None:
        assert after(status, transition) == leads_to
        return
    with pytest.raises(IllegalTransitionError) as refused:
        after(status, transition)
    words = transition.replace("_", " ")
    assert str(refused.value) == f"An action that is {status} cannot {words}."
    assert "_" not in words


@given(st.lists(st.sampled_from(TRANSITIONS), max_size=30))
def test_money_is_asked_for_after_a_yes_alone_and_what_was_sent_never_waits_for_a_decision_again(
    steps: list[Transition],
) -> None:
    status: ActionStatus = "drafted"
    for step in steps:
        try:
            reached = after(status, step)
        except IllegalTransitionError:
            continue
        assert status in UNSETTLED, "what has ended takes no step"
        if reached == "dispatching":
            assert status == "approved"
        if status in ("dispatching", "unknown"):
            assert reached != "drafted"
        if status == "unknown":
            assert reached in ("done", "failed"), "an outcome that is not known is looked up and never sent again"
        status = reached


def test_the_machine_knows_the_statuses_that_are_kept_and_no_other() -> None:
    assert sorted(STATES) == sorted(ACTION_STATUSES)
