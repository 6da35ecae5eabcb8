"""Press: somebody uses a button under a message, or sends the form that it opened.

Who it is comes from the channel's own signed request; what they may do from the tenant's people, asked at every press.
A stranger is told so, and nothing happens. The decision is made while the channel waits for its answer, in one short
transaction: who is answered can rely on it, and who gets no answer sees that in the channel and presses again, which
changes nothing where the first press had counted.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from revops.domain.decision import Channel, DecisionRefusedError, DenyReason
from revops.domain.message import NotPostedError, Verb, Who
from revops.domain.money import format_minor
from revops.domain.person import Person
from revops.domain.proposal import Proposal
from revops.messages.slack_text import escaped, moment, person
from revops.service.decide import Decided, Deciding

_STRANGER = (
    "You have no role here yet, so nothing has happened. Ask an admin of yours to run `leaks people add {person}`, "
    "or to press for you."
)
_NOTHING = "There is nothing to decide here any more."
_DIGITS = re.compile(r"\d{1,3}")


@dataclass(frozen=True)
class Press:
    """Who used what: `verb` of one version of an action, and what they filled in, if a form was sent."""

    person_id: str
    verb: Verb
    action_id: str
    version_hash: str
    filled: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the person is told: `errors` belong to inputs of the form; `form` is what has to be asked first.

    `is_done` says that something changed.
    """

    sentence: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    form: Proposal | None = None
    is_done: bool = False


@dataclass(frozen=True)
class Pressing:
    """What presses in one tenant's workspace work with; `log_stranger` is told person and action."""

    tenant_id: str
    channel: Channel
    deciding: Deciding
    find: Callable[[str, datetime], Person | None]
    proposal: Callable[[str], Proposal | None]
    show: Callable[[str], bool]
    log_stranger: Callable[[str, str], None]


@dataclass(frozen=True)
class SlackTenant:
    """A tenant's workspace: who may speak for it, what presses do, and what is said back.

    `team_id` is None where it is not known. `open_modal`, `answer` and `tell` raise NotPostedError.
    """

    tenant_id: str
    bot_token: str = field(repr=False)
    signing_secret: str | None = field(repr=False)
    app_token: str | None = field(repr=False)
    team_id: str | None
    pressing: Pressing
    open_modal: Callable[[str, Mapping[str, Any]], None]
    answer: Callable[[str, str], None]
    tell: Callable[[str, str, str, str | None], None]
    notify: Callable[[], object]


def press(using: Pressing, given: Press, at: datetime) -> Answer:
    """A button: decide at once, or say which form to open."""
    someone = using.find(given.person_id, at)
    if someone is None:
        return _refuse_stranger(using, given)
    if given.verb == "show":
        return _show(using, given)
    if given.verb in ("approve", "undo"):
        return _decide(using, given, someone, at)
    if not someone.is_at_least("approver"):
        # Before the form, so that nobody writes a reason for nothing; the decision asks once more.
        return Answer(f"Your role here is {someone.role}; deciding takes an approver. Ask an admin of yours.")
    proposal = using.proposal(given.action_id)
    return Answer(_NOTHING) if proposal is None else Answer(form=proposal)


def submit(using: Pressing, given: Press, at: datetime) -> Answer:
    """A form: decide by what was filled in."""
    someone = using.find(given.person_id, at)
    if someone is None:
        return _refuse_stranger(using, given)
    return _decide(using, given, someone, at)


def subject(proposal: Proposal) -> str:
    """What a form is about, in one line."""
    draft = proposal.action.draft
    return f"{proposal.customer}: {format_minor(draft.amount_minor, draft.currency)}"


def _show(using: Pressing, given: Press) -> Answer:
    try:
        return Answer(is_done=True) if using.show(given.action_id) else Answer(_NOTHING)
    except NotPostedError:
        return Answer("It could not be shown just now. Press once more.")


def _refuse_stranger(using: Pressing, given: Press) -> Answer:
    using.log_stranger(given.person_id, given.action_id)
    return Answer(_STRANGER.format(person=escaped(given.person_id, 200)))


def _decide(using: Pressing, given: Press, someone: Person, at: datetime) -> Answer:
    try:
        decided = _verb(using, given, someone, at)
    except DecisionRefusedError as refusal:
        if refusal.code in ("bad_reason", "bad_time") and given.filled:
            return Answer(errors={_input_of(refusal, given): refusal.sentence})
        return Answer(_sentence(refusal, given.person_id))
    return Answer(escaped(decided.sentence, 500), is_done=True)


def _verb(using: Pressing, given: Press, someone: Person, at: datetime) -> Decided:
    deciding, filled = using.deciding, given.filled
    about = (using.tenant_id, given.action_id, given.version_hash, someone)
    if given.verb == "approve":
        return deciding.approve(*about, channel=using.channel, at=at)
    if given.verb == "undo":
        return deciding.undo(*about, channel=using.channel, at=at)
    if given.verb == "deny":
        note = _text(filled.get("note"))
        return deciding.deny(*about, channel=using.channel, at=at, reason=_reason(filled.get("reason")), note=note)
    if given.verb == "refine":
        not_before = _moment(filled.get("not_before"))
        note = _text(filled.get("note"))
        return deciding.refine(*about, channel=using.channel, at=at, not_before=not_before, note=note)
    return deciding.snooze(*about, channel=using.channel, at=at, until=at + _pause(filled.get("pause")))


def _sentence(refusal: DecisionRefusedError, person_id: str) -> str:
    text = escaped(refusal.sentence, 500)
    if refusal.by is None or refusal.at is None:
        return text
    who = "you" if refusal.by == person_id else person(Who(refusal.by))
    return f"{text} ({who}, {moment(refusal.at)})"


def _input_of(refusal: DecisionRefusedError, given: Press) -> str:
    """The input that the refusal is about."""
    if refusal.code == "bad_reason":
        is_reason_known = given.verb != "deny" or given.filled.get("reason") in get_args(DenyReason)
        return "note" if is_reason_known else "reason"
    return "pause" if given.verb == "snooze" else "not_before"


def _text(given: Any) -> str | None:
    return given if isinstance(given, str) else None


def _reason(given: Any) -> DenyReason:
    reasons: tuple[DenyReason, ...] = get_args(DenyReason)
    for known in reasons:
        if given == known:
            return known
    raise DecisionRefusedError("bad_reason", "Choose one of the reasons.")


def _moment(given: Any) -> datetime | None:
    if given is None:
        return None
    try:
        return datetime.fromtimestamp(int(given), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise DecisionRefusedError("bad_time", "Choose a time within 30 days.") from error


def _pause(given: Any) -> timedelta:
    if not isinstance(given, str) or _DIGITS.fullmatch(given) is None:
        raise DecisionRefusedError("bad_time", "Choose for how long.")
    return timedelta(days=int(given))
