"""Simulate: what a playbook would have sent over the last weeks, day by day, if every proposal had been approved.

Nothing is drafted in the store and nothing is sent. Customers behave as they did: an invoice that was paid on a day was
paid, letter or not. What Stripe planned on a past day is not known any more; where another try followed it counts as
planned, and else the tries as used up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from revops.actions.retry_invoice import Attempt, UnpaidInvoice
from revops.domain.action import Action, ActionKind, Draft
from revops.domain.kept_letter import KeptLetter, NewLetter
from revops.service.weigh import Case, Weighing, weigh_invoice

_STEP = timedelta(hours=6)


@dataclass(frozen=True)
class PastInvoice:
    """An invoice that failed or was overdue, with what ended it; `ended_at` None while it is owed."""

    invoice: UnpaidInvoice
    ended_at: datetime | None
    is_sent: bool


@dataclass(frozen=True)
class WouldBe:
    """One thing that would have been done; `step` of the playbook, `topic` a letter's."""

    at: datetime
    kind: ActionKind
    step: str
    topic: str | None
    invoice: str
    customer_id: str | None
    amount_minor: int
    currency: str


def simulate(
    parts: Weighing, past: Sequence[PastInvoice], since: datetime, until: datetime, grace: timedelta
) -> list[WouldBe]:
    """Everything that would have gone out, in order of time. `grace`: days after which a sent invoice is overdue."""
    letters, contacts = _Letters(), _Contacts()
    using = replace(parts, letters=letters, contacts=contacts)
    done: dict[str, list[Action]] = {one.invoice.invoice: [] for one in past}
    told: list[WouldBe] = []
    at = since
    while at <= until:
        for one in past:
            seen = _as_of(one, at, grace)
            if seen is None:
                continue
            before = done[one.invoice.invoice]
            case = Case("", one.invoice.invoice, seen.verdict not in ("in_retry_window", "in_grace"), seen, before)
            for kind, verdict in weigh_invoice(using, case, at).verdicts.items():
                if isinstance(verdict, Draft) and (verdict.not_before or at) <= at and not _was(before, verdict):
                    before.append(_done(one.invoice.invoice, verdict, len(before), at))
                    if kind == "send_email":
                        contacts.note(verdict, at)
                    told.append(_told(verdict, kind, seen, at))
        at += _STEP
    return told


def read_past(rows: Sequence[Mapping[str, Any]], tries: Mapping[str, Sequence[Attempt]]) -> list[PastInvoice]:
    """From rows of the published invoices, with the tries of each."""
    return [_past(row, tries.get(row["invoice_id"], ())) for row in rows]


def _past(row: Mapping[str, Any], tries: Sequence[Attempt]) -> PastInvoice:
    ends = [row[name] for name in ("paid_at", "voided_at", "marked_uncollectible_at") if row[name] is not None]
    invoice = UnpaidInvoice(
        invoice=row["invoice_id"],
        number=row["number"],
        customer_id=row["customer_id"],
        amount_remaining_minor=row["amount_due_minor"],
        currency=row["currency"],
        amount_reporting_minor=row["amount_reporting_minor"],
        status="open",
        verdict="",
        next_payment_attempt_at=None,
        payment_method=None,
        is_payment_method_unchanged=True,
        customer_payment_method=None,
        customer_country=row["country"],
        billed_at=row["finalized_at"] or row["created_at"],
        attempts=tuple(sorted(tries, key=lambda one: one.at)),
        due_at=row["due_at"],
        hosted_invoice_url=row["hosted_invoice_url"],
    )
    return PastInvoice(invoice, min(ends, default=None), row["collection_method"] == "send_invoice")


def _as_of(one: PastInvoice, at: datetime, grace: timedelta) -> UnpaidInvoice | None:
    """The invoice as it stood then; None where nothing was wrong with it."""
    invoice = one.invoice
    if at < invoice.billed_at or (one.ended_at is not None and one.ended_at <= at):
        return None
    tries = tuple(attempt for attempt in invoice.attempts if attempt.at <= at)
    if one.is_sent:
        if invoice.due_at is None or at <= invoice.due_at:
            return None
        return replace(invoice, attempts=tries, verdict="overdue" if at > invoice.due_at + grace else "in_grace")
    if not any(attempt.status == "failed" for attempt in tries):
        return None
    following = next((attempt.at for attempt in invoice.attempts if attempt.at > at), None)
    verdict = "in_retry_window" if following is not None else "retries_used_up"
    return replace(invoice, attempts=tries, verdict=verdict, next_payment_attempt_at=following)


def _was(before: Sequence[Action], draft: Draft) -> bool:
    """Asked once for the same facts; a retry once for each failure."""
    return any(one.draft.kind == draft.kind and one.draft.basis == draft.basis for one in before)


def _done(leak_id: str, draft: Draft, number: int, at: datetime) -> Action:
    how = "sent" if draft.kind == "send_email" else "declined"
    return Action(
        action_id=f"{leak_id}-{number}",
        tenant_id="",
        leak_id=leak_id,
        root_cause=f"invoice:{leak_id}",
        draft=draft,
        version=1,
        status="done",
        proposed_by="system",
        expires_at=at,
        created_at=at,
        updated_at=at,
        outcome={"how": how},
        dispatched_at=at,
        ended_at=at,
    )


def _told(draft: Draft, kind: ActionKind, seen: UnpaidInvoice, at: datetime) -> WouldBe:
    step = str(draft.facts.get("step", "retry"))
    topic = draft.facts.get("topic")
    return WouldBe(at, kind, step, topic, seen.invoice, seen.customer_id, seen.amount_remaining_minor, seen.currency)


class _Letters:
    """See WritesDown; nothing is kept but for the run."""

    def keep(self, _tenant_id: str, new: NewLetter, at: datetime) -> KeptLetter:
        return KeptLetter(
            f"{new.leak_id}-{new.step}",
            new.leak_id,
            new.customer_id,
            new.step,
            new.letter.digest,
            "",
            new.letter,
            new.address,
            new.name,
            at,
        )


@dataclass
class _Contacts:
    """See KnowsContacts; the limits hold in a simulation as well."""

    by_customer: dict[str, list[datetime]] = field(default_factory=dict)
    by_person: dict[str, list[datetime]] = field(default_factory=dict)

    def note(self, draft: Draft, at: datetime) -> None:
        self.by_customer.setdefault(draft.customer_id or "", []).append(at)
        self.by_person.setdefault(str(draft.facts["person"]), []).append(at)

    def history(self, _tenant_id: str, customer_id: str, person: str) -> list[datetime]:
        return sorted({*self.by_customer.get(customer_id, ()), *self.by_person.get(person, ())})

    def is_suppressed(self, _tenant_id: str, _person: str) -> bool:
        return False
