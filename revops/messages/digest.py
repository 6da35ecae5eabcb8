"""One message instead of many: what is proposed, largest first, per currency in all."""

from collections import Counter
from collections.abc import Sequence

from revops.domain.message import Button, Line, Message
from revops.domain.money import format_minor
from revops.domain.proposal import Proposal
from revops.messages.proposal import words

MOST_LINES = 20
_UNDECIDED = "drafted"


def digest_message(proposals: Sequence[Proposal]) -> Message | None:
    """The digest of these proposals as they stand, None where there is nothing to tell."""
    if not proposals:
        return None
    ranked = sorted(proposals, key=lambda one: (-one.action.draft.amount_minor, one.action.action_id))
    undecided = [one for one in ranked if one.action.status == _UNDECIDED]
    count = f"{len(proposals)} new proposal{'s' if len(proposals) > 1 else ''}"
    title = f"{count}, {_totals(ranked)}"
    shown = [*undecided, *(one for one in ranked if one.action.status != _UNDECIDED)][:MOST_LINES]
    rest = len(ranked) - len(shown)
    context = [(f"{len(undecided)} wait for a decision, {len(ranked) - len(undecided)} are decided.",)]
    if rest:
        context.append((f"{rest} more are in the approvals inbox, and in `leaks actions list`.",))
    return Message(title=count, summary=title, outcome=(_totals(ranked),), lines=_lines(shown), context=tuple(context))


def _totals(proposals: Sequence[Proposal]) -> str:
    totals: Counter[str] = Counter()
    for one in proposals:
        totals[one.action.draft.currency] += one.action.draft.amount_minor
    return " and ".join(format_minor(amount, currency) for currency, amount in sorted(totals.items()))


def _lines(proposals: Sequence[Proposal]) -> tuple[Line, ...]:
    lines = []
    for one in proposals:
        action = one.action
        amount = format_minor(action.draft.amount_minor, action.draft.currency)
        text = f"{amount}  {one.customer} · {words(one.leak.leak_type)}"
        if action.status != _UNDECIDED:
            lines.append(Line(f"{text} · {words(action.status).lower()}"))
        else:
            lines.append(Line(text, Button("show", "Show", action.action_id, action.version_hash)))
    return tuple(lines)
