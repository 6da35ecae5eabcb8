"""Weigh: what could be done about one leak, kind by kind, or why not.

The playbook says which steps fit the evidence; each kind of action has its own rules beside it. A letter is drafted,
checked and kept before an action names it; a task's words are made with the action.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email

from revops.actions import open_task, retry_invoice, send_email
from revops.actions.open_task import TaskPlace
from revops.actions.retry_invoice import Limit, NotProposed, UnpaidInvoice
from revops.actions.retry_rules import RetryRules
from revops.domain.action import Action, ActionKind, Draft
from revops.domain.contact_hours import ContactHours, may_write
from revops.domain.contacts import Limits
from revops.domain.customer import Customer
from revops.domain.dunning import Dunning, due, upcoming
from revops.domain.dunning_schedule import Schedule
from revops.domain.kept_letter import KnowsContacts, NewLetter, WritesDown, person_of
from revops.domain.letter import Language, LetterFacts, TaskDraft
from revops.domain.money import format_minor
from revops.domain.playbook import Playbook, Step
from revops.drafting.check import faults_of
from revops.drafting.errors import DraftingError
from revops.drafting.render import write_letter
from revops.drafting.tasks import TaskFacts, write_task

_NOT_ASKED = NotProposed("The playbook has no step of this kind for such a leak.")
_NOT_SURE = NotProposed("It is not sure that it leaks.", "A person looks at it first.")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class LetterRules:
    """What a tenant's policy says on letters. `days` and `grace_days` by plan; `hours_of` by country.

    `company` None: nothing is written. `is_ours`: letters are ours to send, not Stripe's.
    """

    company: str | None
    support_address: str | None
    default_language: Language
    is_ours: bool
    days: Callable[[str | None], tuple[Sequence[int], int]]
    limits: Limits
    hours_of: Callable[[str | None], ContactHours]


@dataclass(frozen=True)
class Weighing:
    """What weighing works with. `held_out` says whether a customer is left alone, to compare with."""

    letters: WritesDown
    contacts: KnowsContacts
    retry_rules: RetryRules
    limit: Limit
    card_tries: Mapping[str, Sequence[datetime]]
    customers: Mapping[str, Customer]
    playbooks: Mapping[str, Playbook]
    letter_rules: LetterRules
    task_place: TaskPlace | None
    held_out: Callable[[str, int | None], bool]


@dataclass(frozen=True)
class Case:
    """One leak about an unpaid invoice, with all that was ever proposed for it."""

    tenant_id: str
    leak_id: str
    is_alert: bool
    invoice: UnpaidInvoice
    before: Sequence[Action]


@dataclass(frozen=True)
class Weighed:
    """What each kind of action came to; `dunning` where the invoice stands, `words` those of the task."""

    verdicts: Mapping[ActionKind, Draft | NotProposed] = field(default_factory=dict)
    dunning: Dunning | None = None
    words: TaskDraft | None = None


def weigh_invoice(parts: Weighing, case: Case, at: datetime) -> Weighed:
    """What could be done about an unpaid invoice."""
    invoice = case.invoice
    playbook = parts.playbooks.get("unpaid_invoice")
    if playbook is None:
        return Weighed()
    if invoice.customer_id and parts.held_out(invoice.customer_id, invoice.amount_reporting_minor):
        left = NotProposed("This customer is left alone, to see what comes back without us.")
        return Weighed(dict.fromkeys(("retry_invoice", "send_email", "open_task"), left))
    last = invoice.last_failure
    group = last.decline_group if last is not None else None
    steps = playbook.steps_for(invoice.verdict, group, invoice.amount_reporting_minor)
    verdicts: dict[ActionKind, Draft | NotProposed] = {}
    if any(one.kind == "retry_invoice" for one in steps):
        retry = retry_invoice.consider(invoice, parts.retry_rules, parts.limit, at, card_tries=parts.card_tries)
        verdicts["retry_invoice"] = retry if case.is_alert or isinstance(retry, NotProposed) else _NOT_SURE
    for_now = [one for one in steps if case.is_alert or one.is_for_reviews]
    customer = parts.customers.get(invoice.customer_id or "")
    state, letter = _letter(parts, case, for_now, customer, at)
    verdicts["send_email"] = letter
    words = None
    if case.is_alert:
        verdicts["open_task"], words = _task(parts, case, steps, state, customer, at)
    return Weighed(verdicts, state, words)


def _letter(
    parts: Weighing, case: Case, steps: Sequence[Step], customer: Customer | None, at: datetime
) -> tuple[Dunning | None, Draft | NotProposed]:
    rules, invoice = parts.letter_rules, case.invoice
    days, grace = rules.days(customer.plan if customer else None)
    schedule = send_email.schedule_of(steps, days, grace)
    if schedule is None:
        return None, _NOT_ASKED
    sent = [one for one in case.before if one.draft.kind == "send_email"]
    state = send_email.dunning_of(invoice, schedule, sent)
    refusal = _cannot_write(parts, case.tenant_id, customer)
    if refusal is not None or customer is None:
        return state, refusal or _NO_ADDRESS
    now, ahead = due(state, schedule, at), upcoming(state, schedule)
    if now is None or now.what != "letter" or now.topic is None:
        until = ahead.since if ahead is not None and ahead.what == "letter" and ahead.since > at else None
        return state, NotProposed("No letter is due.", until=until)
    step = next(one for one in steps if one.topic == now.topic)
    facts = send_email.facts_of(
        invoice,
        now.topic,
        customer,
        company=rules.company or "",
        support_address=rules.support_address,
        default_language=rules.default_language,
        next_step_at=_next_step(schedule, state.step, now.since, at),
    )
    same = [
        one.draft for one in sent if one.is_unsettled and one.draft.facts.get("says") == send_email.facts_digest(facts)
    ]
    # It waits with these facts already; another person at the address is another letter.
    if same and same[0].facts["person"] == person_of(case.tenant_id, customer.email or ""):
        return state, same[0]
    return state, _drafted(parts, case, step, customer, facts, at)


def _next_step(schedule: Schedule, step: int, since: datetime, at: datetime) -> datetime | None:
    """When the letter after this one is due. Counted from when this one was, so that it is no other every day; a day
    that is over by now is not said.
    """
    if step + 1 >= len(schedule.steps):
        return None
    then = since + schedule.steps[step + 1].after - schedule.steps[step].after
    return then if then > at + _DAY else None


_NO_ADDRESS = NotProposed("The customer has no e-mail address.", "A person calls, or asks for one.")


def _cannot_write(parts: Weighing, tenant_id: str, customer: Customer | None) -> NotProposed | None:
    rules = parts.letter_rules
    if rules.company is None:
        return NotProposed("The policy does not say as whom we write.", "Set letters.company in the policy.")
    if not rules.is_ours:
        return NotProposed("Stripe's own e-mails on failed payments are on; two would confuse.")
    if customer is None or not customer.email:
        return _NO_ADDRESS
    if customer.is_deleted:
        return NotProposed("The customer was deleted.")
    try:
        validate_email(customer.email, check_deliverability=False)
    except EmailNotValidError:
        return NotProposed("The customer's e-mail address is none.", "A person calls, or asks for another.")
    if parts.contacts.is_suppressed(tenant_id, person_of(tenant_id, customer.email)):
        return NotProposed("Nothing is sent to this address any more.", "A person calls.")
    return None


def _drafted(
    parts: Weighing, case: Case, step: Step, customer: Customer, facts: LetterFacts, at: datetime
) -> Draft | NotProposed:
    try:
        letter = write_letter(facts)
    except DraftingError as error:
        return NotProposed(str(error), "A person writes to the customer.")
    faults = faults_of(letter, facts)
    if faults:
        return NotProposed(f"The letter says what is not known: {faults[0].words}.", "A person writes to the customer.")
    address = customer.email or ""
    person = person_of(case.tenant_id, address)
    new = NewLetter(
        case.leak_id, customer.customer_id, step.name, address, customer.name, letter, send_email.plain_facts(facts)
    )
    kept = parts.letters.keep(case.tenant_id, new, at)
    history = parts.contacts.history(case.tenant_id, customer.customer_id, person)
    wait = may_write(history, at, parts.letter_rules.limits, parts.letter_rules.hours_of(customer.country))
    why = [_owed(case.invoice), step.why]
    if wait is not None:
        why.append(f"{wait.why} So it goes out later.")
    when = wait.at if wait is not None else at
    return send_email.draft_letter(case.invoice, step, kept, facts, why=why, not_before=when, person=person)


def _task(
    parts: Weighing,
    case: Case,
    steps: Sequence[Step],
    state: Dunning | None,
    customer: Customer | None,
    at: datetime,
) -> tuple[Draft | NotProposed, TaskDraft | None]:
    if parts.task_place is None:
        return NotProposed("The policy names no team for tasks.", "Set tasks.team in the policy."), None
    done = {one.draft.facts["step"] for one in case.before if one.draft.kind == "open_task" and _is_over(one)}
    failed = [one.at for one in case.invoice.attempts if one.status == "failed"]
    begun = state.started_at if state is not None else min(failed, default=case.invoice.billed_at)
    days, grace = parts.letter_rules.days(customer.plan if customer else None)
    schedule = send_email.schedule_of(steps, days, grace)
    writes = schedule is not None and _cannot_write(parts, case.tenant_id, customer) is None
    following = due(state, schedule, at) if state is not None and schedule is not None else None
    is_written_to_the_end = following is not None and following.what == "propose_downgrade"
    for step in steps:
        if step.kind != "open_task" or step.name in done:
            continue
        is_due = is_written_to_the_end if step.is_after_letters and writes else begun + step.after <= at
        if is_due:
            words = write_task(_task_facts(case.invoice, customer), why=(step.why,))
            why = (_owed(case.invoice), step.why)
            return open_task.draft_task(case.invoice, step, words, parts.task_place, why=why, at=at), words
    return _NOT_ASKED, None


def _task_facts(invoice: UnpaidInvoice, customer: Customer | None) -> TaskFacts:
    last = invoice.last_failure
    next_try = invoice.next_payment_attempt_at if invoice.verdict == "in_retry_window" else None
    return TaskFacts(
        leak_type="unpaid_invoice",
        family="failed_charges",
        customer_name=(customer.name if customer else None) or invoice.customer_id,
        amount_minor=invoice.amount_remaining_minor,
        currency=invoice.currency,
        object_type="invoice",
        object_id=invoice.invoice,
        invoice_number=invoice.number,
        plan=customer.plan if customer else None,
        billed_on=invoice.billed_at.date(),
        due_on=invoice.due_at.date() if invoice.due_at else None,
        tries=sum(one.status == "failed" for one in invoice.attempts),
        last_tried_on=last.at.date() if last else None,
        next_try_on=next_try.date() if next_try else None,
        decline_group=last.decline_group if last else None,
    )


def _is_over(action: Action) -> bool:
    """A task that was opened or turned down is not asked for again."""
    return action.status in ("done", "denied", "dispatching", "unknown", "failed", "handed_over")


def _owed(invoice: UnpaidInvoice) -> str:
    amount = format_minor(invoice.amount_remaining_minor, invoice.currency)
    tries = sum(one.status == "failed" for one in invoice.attempts)
    failed = f" after {tries} {'try' if tries == 1 else 'tries'}" if tries else ""
    return f"{amount} of invoice {invoice.number or invoice.invoice} is unpaid{failed}."
