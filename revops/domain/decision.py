"""Who may decide what about an action, as pure rules: what a decision changes, or why it is refused.

Default deny: a person without a role decides nothing, and what needs more than is there waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from revops.domain.action import Action, Approval, Draft
from revops.domain.action_states import Transition
from revops.domain.person import Person
from revops.errors import RevopsError

Channel = Literal["slack", "web", "cli", "policy"]
RefusalCode = Literal[
    "unknown_action",
    "superseded",
    "already_decided",
    "expired",
    "not_allowed",
    "own_proposal",
    "needs_admin",
    "needs_another_person",
    "not_undoable",
    "bad_reason",
    "bad_time",
]
DenyReason = Literal["not_a_leak", "wrong_amount", "handled_elsewhere", "not_now", "other"]
# These say that the detector was wrong; they count against its precision.
FALSE_ALARMS: frozenset[DenyReason] = frozenset(("not_a_leak", "wrong_amount"))

LONGEST_NOTE = 2_000
LONGEST_SNOOZE = timedelta(days=30)
LATEST_TIME = timedelta(days=30)


class DecisionRefusedError(RevopsError):
    """A decision that was not taken. `sentence` is for the person; `by` and `at` say who decided before."""

    exit_code = 2

    def __init__(self, code: RefusalCode, sentence: str, *, by: str | None = None, at: datetime | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.by = by
        self.at = at


@dataclass(frozen=True)
class Rules:
    """A tenant's rules on approvals; amounts are minor units of the policy's reporting currency, None for no limit."""

    admin_above_minor: int | None
    two_people_above_minor: int | None
    expires_after: timedelta
    undo_for: timedelta


@dataclass(frozen=True)
class Needed:
    """What an action needs before it may be dispatched."""

    people: int
    is_admin_needed: bool

    @property
    def words(self) -> str:
        """For people: `one approver`, `an admin`, `two people, one of them an admin`."""
        if self.people == 1:
            return "an admin" if self.is_admin_needed else "one approver"
        return "two people, one of them an admin" if self.is_admin_needed else "two people"


@dataclass(frozen=True)
class Change:
    """One transition of an action and what it writes; `draft` where the version changes.

    `data` goes into the signed record and holds nothing personal; `note` is a person's own words.
    """

    transition: Transition
    values: Mapping[str, Any] = field(default_factory=dict)
    draft: Draft | None = None
    approval: Approval | None = None
    person: Person | None = None
    channel: str = "system"
    note: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def needed(draft: Draft, rules: Rules) -> Needed:
    """What the amount needs. Where there is no rate to the reporting currency, the strictest rule there is holds.

    What moves no money, a letter or a task, needs one person, whatever amount it is about.
    """

    def is_above(limit: int | None) -> bool:
        amount = draft.amount_reporting_minor
        return limit is not None and (amount is None or amount > limit)

    if not draft.moves_money:
        return Needed(1, is_admin_needed=False)
    return Needed(2 if is_above(rules.two_people_above_minor) else 1, is_above(rules.admin_above_minor))


def approve(action: Action, version_hash: str, person: Person, rules: Rules, channel: Channel, at: datetime) -> Change:
    """A yes to the version that was seen. Raises DecisionRefusedError."""
    _check(action, version_hash, person, at)
    if person.person_id == action.proposed_by:
        raise DecisionRefusedError("own_proposal", "You proposed this version; somebody else must approve it.")
    if any(one.person_id == person.person_id for one in action.approvals):
        raise DecisionRefusedError(
            "needs_another_person", "You have approved this already; it needs a second person.", by=person.person_id
        )
    need = needed(action.draft, rules)
    approval = Approval(person.person_id, person.role, channel, at)
    given = (*action.approvals, approval)
    missing = need.people - len(given)
    is_admin_there = any(one.role == "admin" for one in given)
    if need.is_admin_needed and not is_admin_there and missing <= 0:
        raise DecisionRefusedError("needs_admin", "The amount needs an admin's approval.")
    data = {"approvals": len(given), "needed": need.people}
    if missing > 0:
        return Change("endorse", approval=approval, person=person, channel=channel, data=data)
    # It waits for its time, and may be tried for as long after it as anything else.
    due = max(at, action.draft.not_before or at)
    return Change(
        "approve",
        {"undo_until": at + rules.undo_for, "snoozed_until": None, "expires_at": due + rules.expires_after},
        approval=approval,
        person=person,
        channel=channel,
        data=data,
    )


def approve_by_policy(action: Action, policy_version: str, rules: Rules, at: datetime) -> Change:
    """The yes that a tenant's policy gave beforehand to small amounts; it can be undone like any other.

    Nothing that moves money above the amount that needs an admin, or two people, is ever decided so.
    Raises DecisionRefusedError.
    """
    need = needed(action.draft, rules)
    if need.people > 1 or need.is_admin_needed:
        raise DecisionRefusedError("needs_admin", "The amount needs a person's approval, whatever the playbook says.")
    person = Person(f"policy:{policy_version}", "approver", "the policy")
    return approve(action, action.version_hash, person, rules, "policy", at)


def deny(
    action: Action,
    version_hash: str,
    person: Person,
    channel: Channel,
    at: datetime,
    *,
    reason: DenyReason,
    note: str | None,
) -> Change:
    """A no with its reason. Raises DecisionRefusedError."""
    _check(action, version_hash, person, at)
    note = check_note(note)
    if reason == "other" and not note:
        raise DecisionRefusedError("bad_reason", "Say in a few words why, or choose one of the reasons.")
    return Change(
        "deny", {"ended_at": at, "reason": reason}, person=person, channel=channel, note=note, data={"reason": reason}
    )


def refine(
    action: Action,
    version_hash: str,
    person: Person,
    channel: Channel,
    at: datetime,
    *,
    rules: Rules,
    not_before: datetime | None,
    note: str | None,
) -> Change:
    """Another time, or a note beside it: a new version, proposed by this person. Raises DecisionRefusedError."""
    _check(action, version_hash, person, at)
    note = check_note(note)
    draft = action.draft
    if not_before is not None:
        if not_before > at + LATEST_TIME:
            raise DecisionRefusedError("bad_time", f"Choose a time within {LATEST_TIME.days} days.")
        # A moment in the past means at once.
        draft = replace(draft, not_before=max(not_before, at).replace(microsecond=0))
    if note:
        # A note makes a version too; its words lie apart, so that they can be erased.
        draft = replace(draft, body={**draft.body, "note": action.changes + 1})
    if draft.version_hash == action.version_hash:
        raise DecisionRefusedError("bad_time", "Nothing was changed: choose another time or write a note.")
    values = {"proposed_by": person.person_id, "snoozed_until": None, "expires_at": at + rules.expires_after}
    return Change("refine", values, draft=draft, person=person, channel=channel, note=note)


def snooze(
    action: Action, version_hash: str, person: Person, channel: Channel, at: datetime, *, until: datetime
) -> Change:
    """Ask again later; it does not expire meanwhile. Raises DecisionRefusedError."""
    _check(action, version_hash, person, at)
    if not at < until <= at + LONGEST_SNOOZE:
        raise DecisionRefusedError("bad_time", f"Choose a time within {LONGEST_SNOOZE.days} days from now.")
    values = {"snoozed_until": until, "expires_at": max(action.expires_at, until + timedelta(days=1))}
    return Change("snooze", values, person=person, channel=channel, data={"until": _text(until)})


def undo(action: Action, version_hash: str, person: Person, channel: Channel, at: datetime) -> Change:
    """Take an approval back while nothing has begun. Raises DecisionRefusedError."""
    if not person.is_at_least("approver"):
        raise _not_allowed(person)
    if version_hash != action.version_hash:
        raise _superseded(action)
    is_claimed = action.lease_until is not None and at < action.lease_until
    is_approved = action.status == "approved" or (action.status == "drafted" and bool(action.approvals))
    if not is_approved or is_claimed:
        raise DecisionRefusedError("not_undoable", f"It cannot be undone any more: it is {say_status(action)}.")
    return Change("undo", {"undo_until": None}, person=person, channel=channel)


def _check(action: Action, version_hash: str, person: Person, at: datetime) -> None:
    if not person.is_at_least("approver"):
        raise _not_allowed(person)
    if action.status != "drafted":
        raise _decided(action)
    if version_hash != action.version_hash:
        raise _superseded(action)
    if at >= action.expires_at:
        raise DecisionRefusedError("expired", "This proposal has expired; a fresh one follows if it still leaks.")


def _not_allowed(person: Person) -> DecisionRefusedError:
    return DecisionRefusedError(
        "not_allowed", f"Your role here is {person.role}; deciding takes an approver. Ask an admin of yours."
    )


def _superseded(action: Action) -> DecisionRefusedError:
    return DecisionRefusedError(
        "superseded",
        f"This was replaced by version {action.version}, which rests on newer facts. Decide on that one.",
        at=action.updated_at,
    )


def _decided(action: Action) -> DecisionRefusedError:
    last = action.approvals[-1] if action.approvals else None
    code: RefusalCode = "expired" if action.status == "expired" else "already_decided"
    return DecisionRefusedError(
        code,
        f"This is decided already: it is {say_status(action)}.",
        by=last.person_id if last else None,
        at=last.approved_at if last else action.updated_at,
    )


_WORDS = {
    "drafted": "waiting for a decision",
    "approved": "approved and waits for its time",
    "dispatching": "being carried out",
    "unknown": "carried out with an unknown outcome, which is being looked up",
    "done": "done",
    "failed": "done without success",
    "handed_over": "handed to a person",
}


def say_status(action: Action) -> str:
    """The status as people say it."""
    return _WORDS.get(action.status, action.status)


def check_note(note: str | None) -> str | None:
    """A person's words, trimmed; None where there are none. Raises DecisionRefusedError for too many."""
    text = (note or "").strip()
    if len(text) > LONGEST_NOTE:
        raise DecisionRefusedError(
            "bad_reason", f"That is {len(text):,} characters; please say it in at most {LONGEST_NOTE:,}."
        )
    return text or None


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
