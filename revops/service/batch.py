"""Several proposals at once: one preview of exactly what a yes would do, then one yes to each version that was seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from revops.domain import decision
from revops.domain.decision import Channel, DecisionRefusedError, Rules
from revops.domain.person import Person
from revops.domain.proposal import Proposal
from revops.service.decide import Decided, Deciding


@dataclass(frozen=True)
class Foreseen:
    """What this person's yes to one proposal would lead to now.

    `is_carried_out`: nobody else is needed. `is_refused`: it would not be taken, and the sentence says why.
    """

    proposal: Proposal
    sentence: str
    is_carried_out: bool = False
    is_refused: bool = False


@dataclass(frozen=True)
class Answered:
    """What became of one yes."""

    action_id: str
    sentence: str
    is_taken: bool


def foresee(
    proposals: Iterable[Proposal], person: Person, rules: Rules, channel: Channel, at: datetime
) -> list[Foreseen]:
    """One for each proposal, by the very rules that decide."""
    return [_foresee(one, person, rules, channel, at) for one in proposals]


def totals(foreseen: Iterable[Foreseen]) -> dict[str, int]:
    """What is asked for by all that would be carried out, in minor units by currency; never across currencies."""
    sums: dict[str, int] = {}
    for draft in (one.proposal.action.draft for one in foreseen if one.is_carried_out):
        sums[draft.currency] = sums.get(draft.currency, 0) + draft.amount_minor
    return sums


def approve_each(
    deciding: Deciding,
    tenant_id: str,
    seen: Sequence[tuple[str, str]],
    person: Person,
    *,
    channel: Channel,
    at: datetime,
) -> list[Answered]:
    """Say yes to versions that were seen (action, version hash), each by itself: one that is refused stops no other."""
    answers = []
    for action_id, version_hash in seen:
        try:
            said: Decided = deciding.approve(tenant_id, action_id, version_hash, person, channel=channel, at=at)
        except DecisionRefusedError as refusal:
            answers.append(Answered(action_id, refusal.sentence, is_taken=False))
        else:
            answers.append(Answered(action_id, said.sentence, is_taken=True))
    return answers


def _foresee(proposal: Proposal, person: Person, rules: Rules, channel: Channel, at: datetime) -> Foreseen:
    action = proposal.action
    try:
        change = decision.approve(action, action.version_hash, person, rules, channel, at)
    except DecisionRefusedError as refusal:
        return Foreseen(proposal, refusal.sentence, is_refused=True)
    if change.transition == "endorse":
        return Foreseen(proposal, f"Your yes is noted; it needs {proposal.needs}, so somebody else must say yes too.")
    due = action.draft.not_before
    when = "at once" if due is None or due <= at else f"from {due:%Y-%m-%d %H:%M} UTC on"
    undo = int(rules.undo_for.total_seconds())
    return Foreseen(
        proposal, f"It is carried out {when}" + (f", after {undo} s to undo it." if undo else "."), is_carried_out=True
    )
