"""What may become of an action: its states and the transitions between them; everything else is impossible."""

from typing import Any, Literal, cast

from statemachine import State, StateChart
from statemachine.exceptions import TransitionNotAllowed

from revops.domain.action import ActionStatus
from revops.errors import RevopsError

Transition = Literal[
    "endorse",
    "approve",
    "deny",
    "refine",
    "renew",
    "snooze",
    "wake",
    "undo",
    "expire",
    "supersede",
    "withdraw",
    "postpone",
    "begin",
    "put_back",
    "rehearse",
    "lose",
    "succeed",
    "fail",
    "hand_over",
]


class IllegalTransitionError(RevopsError):
    """A step that an action cannot take from where it stands."""


class _States(StateChart[Any]):
    """Drafted until decided; approved until its time; dispatching until the answer; then it has ended."""

    allow_event_without_transition = False
    catch_errors_as_events = False

    drafted = State(initial=True)
    approved = State()
    dispatching = State()
    unknown = State()
    done = State(final=True)
    failed = State(final=True)
    denied = State(final=True)
    superseded = State(final=True)
    expired = State(final=True)
    withdrawn = State(final=True)
    handed_over = State(final=True)
    # A dry run: the request was shown and not sent.
    rehearsed = State(final=True)

    # One of the two people that a large amount needs.
    endorse = drafted.to(drafted, internal=True)
    approve = drafted.to(approved)
    deny = drafted.to(denied)
    # Another time or note is another version, and what was approved is approved no more.
    refine = drafted.to(drafted, internal=True)
    renew = drafted.to(drafted, internal=True) | approved.to(drafted)
    snooze = drafted.to(drafted, internal=True)
    wake = drafted.to(drafted, internal=True)
    # Also the first of two approvals.
    undo = approved.to(drafted) | drafted.to(drafted, internal=True)
    expire = drafted.to(expired) | approved.to(expired)
    supersede = drafted.to(superseded) | approved.to(superseded)
    withdraw = drafted.to(withdrawn) | approved.to(withdrawn)
    # The preflight found that it is too early.
    postpone = approved.to(approved, internal=True)
    begin = approved.to(dispatching)
    rehearse = approved.to(rehearsed)
    # It is certain that the request had no effect.
    put_back = dispatching.to(approved)
    # Whether the request had its effect is not known; nothing but looking ends this.
    lose = dispatching.to(unknown)
    succeed = dispatching.to(done) | unknown.to(done)
    fail = dispatching.to(failed) | unknown.to(failed)
    hand_over = approved.to(handed_over) | dispatching.to(handed_over)


STATES: tuple[ActionStatus, ...] = tuple(cast("ActionStatus", state.id) for state in _States.states)


def after(status: ActionStatus, transition: Transition) -> ActionStatus:
    """The status that a transition leads to. Raises IllegalTransitionError."""
    machine = _States(start_value=status)
    try:
        machine.send(transition)
    except TransitionNotAllowed as error:
        raise IllegalTransitionError(f"An action that is {status} cannot {transition.replace('_', ' ')}.") from error
    reached: ActionStatus
    (reached,) = machine.configuration_values
    return reached
