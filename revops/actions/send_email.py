"""A letter to the customer: which one is due, what it may say, and the action that sends it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

import rfc8785

from revops.actions.languages import language_of, locale_of
from revops.actions.retry_invoice import UnpaidInvoice
from revops.domain.action import Action, Draft
from revops.domain.carrying import Request
from revops.domain.customer import Customer
from revops.domain.dunning import Dunning, after, started
from revops.domain.dunning_events import Contacted, Held, Retried
from revops.domain.dunning_schedule import Schedule
from revops.domain.dunning_schedule import Step as Scheduled
from revops.domain.kept_letter import KeptLetter
from revops.domain.letter import Language, LetterFacts, LinkName, Topic
from revops.domain.money import format_minor
from revops.domain.playbook import Step

# The four notices have their days from the policy, in this order; every other letter has its own.
NOTICES: tuple[Topic, ...] = ("payment_failed", "reminder", "urgent", "last_chance")
_PAYS_INVOICE: frozenset[Topic] = frozenset(("confirm_payment", "invoice_overdue"))
_HELD_BY = {"collection_on_hold": "paused"}


def schedule_of(steps: Sequence[Step], days: Sequence[int], grace_days: int) -> Schedule | None:
    """When which letter is due; None where the playbook has none for such a leak."""
    found: dict[timedelta, Scheduled] = {}
    for one in steps:
        if one.kind != "send_email" or one.topic is None:
            continue
        if one.topic in NOTICES:
            place = NOTICES.index(one.topic)
            if place >= len(days):
                continue
            found.setdefault(timedelta(days=days[place]), Scheduled(timedelta(days=days[place]), one.topic))
        else:
            found.setdefault(one.after, Scheduled(one.after, one.topic))
    if not found:
        return None
    return Schedule(tuple(found[moment] for moment in sorted(found)), timedelta(days=grace_days))


def dunning_of(invoice: UnpaidInvoice, schedule: Schedule, letters: Sequence[Action]) -> Dunning:
    """Where an invoice stands, from its own failures and from the letters that were sent or may have been."""
    failed = [one.at for one in invoice.attempts if one.status == "failed"]
    state = started(invoice.invoice, min(failed, default=invoice.due_at or invoice.billed_at))
    for one in sorted(failed)[1:]:
        state = after(state, Retried(one), schedule)
    topics = [one.topic for one in schedule.steps]
    for action in sorted(letters, key=lambda one: one.dispatched_at or one.updated_at):
        topic = action.draft.facts["topic"]
        is_next = state.step < len(topics) and topics[state.step] == topic
        step = state.step + 1 if is_next else None
        if action.dispatched_at is not None and _may_have_arrived(action):
            state = after(state, Contacted(action.dispatched_at, topic, step), schedule)
        elif action.status == "denied" and step is not None:
            # A person left this letter out; what follows keeps its distance from when it would have gone.
            taken = after(state, Contacted(action.ended_at or action.updated_at, topic, step), schedule)
            state = replace(taken, last_contact_at=state.last_contact_at)
    held = _HELD_BY.get(invoice.verdict)
    return after(state, Held(state.last_step_at or state.started_at, "paused"), schedule) if held else state


def facts_of(
    invoice: UnpaidInvoice,
    topic: Topic,
    customer: Customer,
    *,
    company: str,
    support_address: str | None,
    default_language: Language,
    next_step_at: datetime | None,
) -> LetterFacts:
    """What a letter on this topic may say; nothing that the evidence does not have."""
    language = language_of(customer, default_language)
    last = invoice.last_failure
    # The invoice's page lives for weeks; a session of the portal ends minutes after it was made, unless it is visited.
    has_page = invoice.hosted_invoice_url is not None
    links: tuple[LinkName, ...] = ("pay_invoice",) if has_page else ("update_card",)
    if topic in _PAYS_INVOICE and not has_page:
        links = ()
    next_try = invoice.next_payment_attempt_at if invoice.verdict == "in_retry_window" else None
    return LetterFacts(
        topic=topic,
        leak_type="unpaid_invoice",
        decline_group=last.decline_group if last is not None else None,
        language=language,
        locale=locale_of(customer, language),
        company=company,
        customer_name=customer.name,
        amount_minor=invoice.amount_remaining_minor,
        currency=invoice.currency,
        invoice_number=invoice.number,
        plan=customer.plan,
        billed_on=invoice.billed_at.date(),
        due_on=invoice.due_at.date() if invoice.due_at else None,
        tries=sum(one.status == "failed" for one in invoice.attempts),
        last_tried_on=last.at.date() if last is not None else None,
        next_try_on=next_try.date() if next_try else None,
        next_step_on=next_step_at.date() if next_step_at else None,
        card_brand=last.card_brand if last is not None else None,
        card_last4=last.card_last4 if last is not None else None,
        support_address=support_address,
        links=links,
    )


def facts_digest(facts: LetterFacts) -> str:
    """Hash of everything that the letter may say: another one where anything of it has changed."""
    return hashlib.sha256(rfc8785.dumps(_plain(asdict(facts)))).hexdigest()


def plain_facts(facts: LetterFacts) -> dict[str, Any]:
    """The facts as JSON, to be kept beside the letter."""
    return _plain(asdict(facts))


def draft_letter(
    invoice: UnpaidInvoice,
    step: Step,
    kept: KeptLetter,
    facts: LetterFacts,
    *,
    why: Sequence[str],
    not_before: datetime,
    person: str,
) -> Draft:
    """The action that sends the letter. What names the customer is in the letter, which the action names by its id."""
    amount = format_minor(invoice.amount_remaining_minor, invoice.currency)
    name = invoice.number or invoice.invoice
    return Draft(
        kind="send_email",
        moves_money=False,
        amount_minor=invoice.amount_remaining_minor,
        currency=invoice.currency,
        customer_id=invoice.customer_id,
        not_before=not_before.replace(microsecond=0),
        body={"letter": kept.letter_id, "words": kept.digest, "to": kept.recipient},
        facts={
            "step": step.name,
            "topic": facts.topic,
            "invoice": invoice.invoice,
            "status": invoice.status,
            "amount_remaining_minor": invoice.amount_remaining_minor,
            "person": person,
            "says": facts_digest(facts),
        },
        why=tuple(why),
        what_happens=(
            f"The letter below goes to the customer, about {amount} of invoice {name}, with links made at that moment. "
            "Right before, the invoice is read again; if it was paid or changed meanwhile, nothing is sent."
        ),
        amount_reporting_minor=invoice.amount_reporting_minor,
    )


def letter_request(draft: Draft) -> Request:
    """Which letter would go out; its words and its recipient are in the letter alone."""
    form = {name: str(draft.body[name]) for name in ("letter", "words", "to")}
    return Request("SMTP", "letter", {**form, "topic": str(draft.facts["topic"])})


def _may_have_arrived(action: Action) -> bool:
    """Sent, or nobody knows: either way it is not written again."""
    how = (action.outcome or {}).get("how")
    return action.status in ("done", "dispatching", "unknown") or how in ("sent", "maybe_sent")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }
