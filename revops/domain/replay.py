"""What decision records say that actions and leaks are: they are played again, from nothing.

Each record says from which state it leads to which. Played again, each must begin where the one before ended, and be a
step that an action can take; what is reached must be what the tables say. So a table that was changed without a
decision shows, although nobody signs tables.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import get_args

from revops.domain.action import ActionStatus
from revops.domain.action_states import IllegalTransitionError, Transition, after
from revops.domain.decision_record import DecisionRecord

# While a leak is open, its status follows its actions, which have records of their own.
_OPEN = frozenset(("open", "pending_decision", "acting"))
_FIRST = "draft"
_APPROVING = frozenset(("endorse", "approve"))


@dataclass(frozen=True)
class ActionState:
    """An action; `approvals` are the pseudonyms of who approved this version."""

    status: str
    version: int
    version_hash: str
    approvals: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LeakState:
    """A leak that somebody decided about; who owns it is personal, that somebody does is not."""

    status: str
    has_owner: bool | None = None
    is_suppressed: bool = False


@dataclass(frozen=True)
class States:
    """Actions and leaks by id, and by id what was answered when a new definition asked to withdraw leaks."""

    actions: Mapping[str, ActionState] = field(default_factory=dict)
    leaks: Mapping[str, LeakState] = field(default_factory=dict)
    withdrawals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Replayed(States):
    """What was reached, and what of the records does not fit together."""

    problems: tuple[str, ...] = ()


def replay(records: Iterable[DecisionRecord]) -> Replayed:
    """Play records, oldest first. Records of other kinds than `action.*`, `leak.*`, `withdrawal.*` change nothing.

    Of an action or leak whose records do not fit together the first that does not is told, and no later one played.
    """
    actions: dict[str, ActionState] = {}
    leaks: dict[str, LeakState] = {}
    withdrawals: dict[str, str] = {}
    problems: dict[str, str] = {}
    for record in records:
        about, _, transition = record.kind.partition(".")
        if record.subject.id in problems:
            continue
        try:
            if about == "action":
                actions[record.subject.id] = _next_action(actions.get(record.subject.id), record, transition)
            elif about == "leak":
                leaks[record.subject.id] = _next_leak(leaks.get(record.subject.id), record, transition)
            elif about == "withdrawal":
                withdrawals[record.subject.id] = _next_answer(withdrawals.get(record.subject.id, "asked"), record)
        except _UnfitError as error:
            problems[record.subject.id] = f"Record {record.number} ({record.kind} of {record.subject.id}) {error}."
    return Replayed(actions, leaks, withdrawals, tuple(problems.values()))


def differences(replayed: States, kept: States) -> list[str]:
    """Where tables say something else than the records, a sentence each; leaks only where a decision ended them."""
    found = []
    for action_id in sorted({*replayed.actions, *kept.actions}):
        told, stored = replayed.actions.get(action_id), kept.actions.get(action_id)
        if told is None:
            found.append(f"Action {action_id} is in the table, and no record tells of it.")
        elif stored is None:
            found.append(f"Action {action_id} is not in the table, and the records say {told.status}.")
        else:
            found += [f"Action {action_id}: {difference}." for difference in _differing(told, stored)]
    for leak_id, leak in sorted(replayed.leaks.items()):
        found += _leak_differences(leak_id, leak, kept.leaks.get(leak_id))
    for name in sorted({*replayed.withdrawals, *kept.withdrawals}):
        said, stored_answer = replayed.withdrawals.get(name, "asked"), kept.withdrawals.get(name, "asked")
        if said != stored_answer:
            found.append(f"Withdrawal {name}: status is {stored_answer} in the table and {said} by the records.")
    return found


class _UnfitError(Exception):
    """A record does not follow from those before it; the text ends a sentence."""


def _next_action(known: ActionState | None, record: DecisionRecord, transition: str) -> ActionState:
    data = record.data
    reached = known.status if known else None
    if data.get("from") != reached:
        raise _UnfitError(f"begins at {data.get('from')}, while {reached} was reached")
    version, version_hash = record.subject.version, record.subject.version_hash
    if version is None or version_hash is None:
        raise _UnfitError("names no version")
    if (data.get("version"), data.get("version_hash")) != (version, version_hash):
        raise _UnfitError("names two versions")
    if data.get("to") != _reached(reached, transition):
        raise _UnfitError(f"leads to {data.get('to')}, which {transition} does not")
    if known is None:
        return ActionState(str(data["to"]), version, version_hash)
    if version != known.version:
        if version != known.version + 1:
            raise _UnfitError(f"is about version {version}, while {known.version} was reached")
        known = replace(known, approvals=frozenset())
    elif version_hash != known.version_hash:
        raise _UnfitError(f"calls version {version} by another hash")
    approvals = known.approvals
    if transition in _APPROVING:
        approvals |= {record.actor.id}
    elif transition == "undo":
        approvals = frozenset()
    return ActionState(str(data["to"]), version, version_hash, approvals)


def _next_leak(known: LeakState | None, record: DecisionRecord, transition: str) -> LeakState:
    if transition == "lift":
        if known is None or not known.is_suppressed:
            raise _UnfitError("lifts what is not suppressed")
        return replace(known, is_suppressed=False)
    begins, ends = record.data.get("from"), record.data.get("to")
    if known is not None and begins != known.status and not {begins, known.status} <= _OPEN:
        raise _UnfitError(f"begins at {begins}, while {known.status} was reached")
    if not isinstance(ends, str):
        raise _UnfitError("leads nowhere")
    has_owner = record.data.get("has_owner", known.has_owner if known else None)
    return LeakState(ends, has_owner, transition == "dismiss" or (known is not None and known.is_suppressed))


def _next_answer(known: str, record: DecisionRecord) -> str:
    if record.data.get("from") != known:
        raise _UnfitError(f"begins at {record.data.get('from')}, while {known} was reached")
    return str(record.data.get("to"))


@cache
def _reached(status: ActionStatus | None, transition: str) -> str | None:
    """Where a transition leads; None where it leads nowhere."""
    if status is None:
        return "drafted" if transition == _FIRST else None
    for known in get_args(Transition):
        if known == transition:
            try:
                return after(status, known)
            except IllegalTransitionError:
                return None
    return None


def _differing(told: ActionState, stored: ActionState) -> list[str]:
    found = [
        f"{name.replace('_', ' ')} is {getattr(stored, name)} in the table and {getattr(told, name)} by the records"
        for name in ("status", "version", "version_hash")
        if getattr(stored, name) != getattr(told, name)
    ]
    if stored.approvals != told.approvals:
        both = (sorted(stored.approvals), sorted(told.approvals))
        found.append(
            "approved by {} in the table and by {} by the records".format(*(", ".join(x) or "nobody" for x in both))
        )
    return found


def _leak_differences(leak_id: str, told: LeakState, stored: LeakState | None) -> list[str]:
    if stored is None:
        return [f"Leak {leak_id} is not in the table, and the records say {told.status}."]
    wanted = replace(
        told,
        status=stored.status if told.status in _OPEN else told.status,
        has_owner=stored.has_owner if told.has_owner is None else told.has_owner,
    )
    return [
        f"Leak {leak_id}: {name.replace('_', ' ')} is {getattr(stored, name)} in the table and {getattr(wanted, name)} "
        "by the records."
        for name in ("status", "has_owner", "is_suppressed")
        if getattr(stored, name) != getattr(wanted, name)
    ]
