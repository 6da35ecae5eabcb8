"""A task for a colleague: when one is opened, and the action that opens it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import rfc8785

from revops.actions.retry_invoice import UnpaidInvoice
from revops.domain.action import Draft
from revops.domain.carrying import Request
from revops.domain.letter import TaskDraft
from revops.domain.money import format_minor
from revops.domain.playbook import Step

# Linear's: 1 urgent, 2 high, 3 medium, 4 low. Above these amounts, in minor units of the reporting currency.
_PRIORITIES = ((1_000_000, 1), (100_000, 2), (10_000, 3))


@dataclass(frozen=True)
class TaskPlace:
    """Where tasks are opened and for whom, as the policy says."""

    team: str
    assignee: str | None
    large_assignee: str | None
    large_from_minor: int
    labels: tuple[str, ...]

    def assignee_for(self, amount_reporting_minor: int | None) -> str | None:
        """Who gets it; an amount without a rate is a large one."""
        is_large = amount_reporting_minor is None or amount_reporting_minor >= self.large_from_minor
        return self.large_assignee or self.assignee if is_large else self.assignee


def priority(amount_reporting_minor: int | None) -> int:
    """How urgent an amount is; one without a rate is high."""
    if amount_reporting_minor is None:
        return 2
    return next((level for above, level in _PRIORITIES if amount_reporting_minor >= above), 4)


def draft_task(
    invoice: UnpaidInvoice, step: Step, words: TaskDraft, place: TaskPlace, *, why: Sequence[str], at: datetime
) -> Draft:
    """The action that opens the task. What names the customer is in its words, which the action names by their hash."""
    amount = format_minor(invoice.amount_remaining_minor, invoice.currency)
    return Draft(
        kind="open_task",
        moves_money=False,
        amount_minor=invoice.amount_remaining_minor,
        currency=invoice.currency,
        customer_id=invoice.customer_id,
        not_before=at.replace(microsecond=0),
        body={
            "team": place.team,
            "assignee": place.assignee_for(invoice.amount_reporting_minor),
            "labels": list(place.labels),
            "priority": priority(invoice.amount_reporting_minor),
            "words": words_digest(words),
        },
        facts={
            "step": step.name,
            "invoice": invoice.invoice,
            "status": invoice.status,
            "verdict": invoice.verdict,
            "amount_remaining_minor": invoice.amount_remaining_minor,
        },
        why=tuple(why),
        what_happens=f"A task about {amount} is opened for {place.team}. It is closed when the leak has ended.",
        amount_reporting_minor=invoice.amount_reporting_minor,
    )


def task_request(draft: Draft) -> Request:
    """Which task would be opened; title and description are kept beside the action."""
    body = draft.body
    form = {
        "team": str(body["team"]),
        "assignee": str(body["assignee"] or ""),
        "labels": ", ".join(body["labels"]),
        "priority": str(body["priority"]),
        "words": str(body["words"]),
    }
    return Request("POST", "linear/issueCreate", form)


def words_digest(words: TaskDraft) -> str:
    """What an approval of a task binds to."""
    return hashlib.sha256(rfc8785.dumps([words.title, words.description])).hexdigest()
