"""The message about one action: what leaks, why, what happens on approve, and what became of it."""

from datetime import datetime

from revops.domain.letter import with_named_links
from revops.domain.message import Button, Fact, Message, Quote, Sentence, Verb, Who
from revops.domain.money import format_minor
from revops.domain.proposal import Proposal

_KINDS = {"retry_invoice": "Retry the charge", "send_email": "Write to the customer", "open_task": "Open a task"}
_STATUSES = {
    "approved": "Approved",
    "dispatching": "Approved, being carried out",
    "unknown": "Carried out, outcome being looked up",
    "done": "Done",
    "failed": "Did not succeed",
    "denied": "Denied",
    "superseded": "Replaced by a newer version",
    "expired": "Expired",
    "withdrawn": "No longer needed",
    "handed_over": "Handed to a person",
    "rehearsed": "Dry run",
}
_DECIDING: tuple[tuple[Verb, str], ...] = (
    ("approve", "Approve"),
    ("deny", "Deny…"),
    ("refine", "Refine…"),
    ("snooze", "Snooze…"),
)


def proposal_message(proposal: Proposal, at: datetime) -> Message:
    """The message as it should read at a time; an action that was decided carries its outcome and no buttons."""
    action = proposal.action
    amount = format_minor(action.draft.amount_minor, action.draft.currency)
    kind = _KINDS.get(action.draft.kind, words(action.draft.kind))
    is_open = action.status == "drafted"
    state = "" if is_open else f" ({_STATUSES[action.status].lower()})"
    return Message(
        title=proposal.customer,
        summary=f"{kind} for {proposal.customer}: {amount}{state}",
        facts=_facts(proposal, amount, kind),
        outcome=_outcome(proposal, at),
        why=proposal.why,
        what_happens=proposal.what_happens if is_open else None,
        quote=_quote(proposal) if is_open else None,
        buttons=_buttons(proposal),
        context=_context(proposal, at),
    )


def awake_message(proposal: Proposal) -> Message:
    """What says that a snooze is over: it hangs on the message that has the buttons, which nobody sees change."""
    action = proposal.action
    amount = format_minor(action.draft.amount_minor, action.draft.currency)
    said = f"The snooze is over: {amount} for {proposal.customer} awaits a decision again."
    return Message(title=proposal.customer, summary=said, outcome=(said,))


def words(name: str) -> str:
    """A name of ours for people: `failed_charges` is "Failed charges"."""
    return name.replace("_", " ").capitalize()


def _facts(proposal: Proposal, amount: str, kind: str) -> tuple[Fact, ...]:
    leak = proposal.leak
    recurring = format_minor(leak.recurring_minor, leak.currency) if leak.recurring_minor else None
    facts = [
        Fact("Proposal", kind),
        Fact("Amount", amount),
        Fact("Plan", proposal.plan or "unknown"),
        Fact("Confidence", f"{leak.confidence:.0%}"),
        Fact("Leak", f"{words(leak.leak_type)} ({words(leak.family).lower()})"),
    ]
    if recurring:
        facts.append(Fact("From now on", f"{recurring} a month"))
    if proposal.action.status == "drafted":
        facts.append(Fact("Needs", proposal.needs))
    return tuple(facts)


def _quote(proposal: Proposal) -> Quote | None:
    """The letter or the task, as it would go out; a link's place is named and not linked."""
    if proposal.letter is not None and proposal.letter.letter is not None:
        letter = proposal.letter.letter
        text = with_named_links(letter.text)
        return Quote(letter.subject, tuple(one for one in text.split("\n\n") if one.strip()))
    if proposal.task is not None:
        return Quote(proposal.task.title, tuple(one for one in proposal.task.description.split("\n") if one.strip()))
    return None


def _outcome(proposal: Proposal, at: datetime) -> Sentence:
    action = proposal.action
    if action.status == "drafted":
        return _so_far(proposal, at)
    approved: Sentence = ()
    if action.approvals:
        approved = ("Approved by ", *_people(proposal), ", ", action.approvals[-1].approved_at)
    if action.status == "approved" and approved:
        is_waiting = action.draft.not_before is not None and action.draft.not_before > at
        waits: Sentence = ("; it goes out ", action.draft.not_before) if is_waiting and action.draft.not_before else ()
        return (*approved, *waits, ".")
    said = proposal.outcome or f"{_STATUSES[action.status]}."
    word = proposal.last_word
    if action.status == "denied" and word is not None:
        return (f"{said} By ", Who(word.person_id, dict(proposal.people).get(word.person_id)), ", ", word.at, ".")
    ended: Sentence = (" ", action.ended_at, ".") if action.ended_at is not None else ()
    return (said, *ended, *((" ", *approved, ".") if approved else ()))


def _so_far(proposal: Proposal, at: datetime) -> Sentence:
    action = proposal.action
    if action.approvals:
        return ("Approved by ", *_people(proposal), f" so far; it needs {proposal.needs}.")
    if action.snoozed_until is not None and action.snoozed_until > at:
        return ("Snoozed until ", action.snoozed_until, ".")
    return ()


def _people(proposal: Proposal) -> Sentence:
    names = dict(proposal.people)
    parts: list[str | datetime | Who] = []
    for approval in proposal.action.approvals:
        if parts:
            parts.append(" and ")
        parts.append(Who(approval.person_id, names.get(approval.person_id)))
    return tuple(parts)


def _buttons(proposal: Proposal) -> tuple[Button, ...]:
    action = proposal.action
    if action.status == "approved":
        return (Button("undo", "Undo", action.action_id, action.version_hash),)
    if action.status != "drafted":
        return ()
    return tuple(
        Button(verb, text, action.action_id, action.version_hash, "primary" if verb == "approve" else None)
        for verb, text in _DECIDING
    )


def _context(proposal: Proposal, at: datetime) -> tuple[Sentence, ...]:
    action = proposal.action
    lines: list[Sentence] = []
    if action.status == "drafted":
        goes_out = action.draft.not_before
        is_waiting = goes_out is not None and goes_out > at
        lines.append(
            ("Approved, it goes out ", goes_out) if is_waiting and goes_out else ("Approved, it goes out at once.",)
        )
        lines.append(("Expires ", action.expires_at))
    elif action.status == "approved":
        lines.append(("Can be undone until it goes out.",))
    lines.append((f"{proposal.leak.object_id} · {action.action_id}, version {action.version}",))
    return tuple(lines)
