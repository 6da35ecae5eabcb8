"""Wires playbooks: a tenant's policy over the leak types' own, and what weighing a leak works with."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from revops.actions.good_time import zones_of
from revops.actions.open_task import TaskPlace
from revops.actions.retry_invoice import Limit
from revops.actions.retry_rules import read_retry_rules
from revops.domain.contact_hours import ContactHours
from revops.domain.contacts import Limits
from revops.domain.customer import Customer
from revops.domain.playbook import Playbook
from revops.earned.holdout import applies, in_holdout, payer_of
from revops.evidence import read_card_tries, read_payers
from revops.leak_types import read_leak_types
from revops.past_invoices import read_past_invoices
from revops.policy import Policy, load_policy
from revops.service.simulate import WouldBe, simulate
from revops.service.weigh import LetterRules, Weighing
from revops.settings import Settings
from revops.store import Store
from revops.store.contacts import Contacts
from revops.store.holdout_salts import holdout_salt
from revops.store.letters import Letters
from revops.store.policies import Policies
from revops.warehouse import Published


def playbooks(policy: Policy) -> dict[str, Playbook]:
    """What is done about each leak type here. Raises LeakTypeError."""
    found = {leak.leak_type: leak.playbook for leak in read_leak_types() if leak.playbook is not None}
    rules = policy.playbooks
    return {name: one.changed_by(rules[name].override) if name in rules else one for name, one in found.items()}


def weighing(
    store: Store,
    policy: Policy,
    tenant_id: str,
    tries: Mapping[str, Sequence[datetime]],
    payers: Mapping[str, Customer],
) -> Weighing:
    """What a tenant's leaks are weighed with."""
    return Weighing(
        letters=Letters(store),
        contacts=Contacts(store),
        retry_rules=read_retry_rules(),
        limit=retry_limit(policy),
        card_tries=tries,
        customers=payers,
        playbooks=playbooks(policy),
        letter_rules=letter_rules(policy),
        task_place=task_place(policy),
        held_out=held_out(store, policy, tenant_id),
    )


def simulated(store: Store, settings: Settings, tenant_id: str, span: timedelta, at: datetime) -> list[WouldBe]:
    """What the playbooks would have sent in the time before what is published. Raises what reading it raises."""
    current = Policies(store).current(tenant_id, at)
    policy = load_policy(f"policy of {tenant_id}", text=current.document) if current else Policy()
    with Published.open(settings.leaks_home, tenant=tenant_id) as published:
        past = read_past_invoices(published, published.as_of - span)
        payers = read_payers(published, {one.invoice.customer_id for one in past if one.invoice.customer_id})
        tries, until = read_card_tries(published), published.as_of
    grace = timedelta(days=policy.unpaid_invoice.overdue_grace_days)
    return simulate(weighing(store, policy, tenant_id, tries, payers), past, until - span, until, grace)


def letter_rules(policy: Policy) -> LetterRules:
    """The policy's sections on letters, contacts and dunning."""
    given = policy.letters

    def days(plan: str | None) -> tuple[Sequence[int], int]:
        own = policy.dunning.of(plan)
        return own.days, own.grace_days

    return LetterRules(
        company=given.company,
        support_address=given.support_address,
        default_language=given.default_language,
        is_ours=given.sent_by == "us",
        days=days,
        limits=contact_limits(policy),
        hours_of=contact_hours(policy),
    )


def contact_limits(policy: Policy) -> Limits:
    """How often one customer may be written to."""
    return Limits(at_most=policy.contacts.most_in_7_days, apart=timedelta(hours=policy.contacts.hours_between))


def contact_hours(policy: Policy) -> Callable[[str | None], ContactHours]:
    """In which hours of which country somebody may be written to."""
    given = policy.contacts

    def hours(country: str | None) -> ContactHours:
        kept = None if given.holidays else country
        return ContactHours(zones_of(country), kept, given.first_hour, given.last_hour)

    return hours


def task_place(policy: Policy) -> TaskPlace | None:
    """Where tasks are opened; None where the policy names no team."""
    given = policy.tasks
    if given.team is None:
        return None
    return TaskPlace(given.team, given.assignee, given.large_assignee, given.large_from_minor, given.labels)


def held_out(store: Store, policy: Policy, tenant_id: str) -> Callable[[str, int | None], bool]:
    """Whether a payer's leak is left alone; an amount without a rate never is where there is a threshold."""
    share, threshold = policy.recovery.holdout_basis_points, policy.recovery.holdout_below_minor
    if not share:
        return lambda _customer, _amount: False
    salt = holdout_salt(store, tenant_id, datetime.now(UTC))

    def is_held_out(customer_id: str, amount_reporting_minor: int | None) -> bool:
        if not applies(amount_reporting_minor, threshold, is_required_by_law=False):
            return False
        return in_holdout(salt, payer_of(customer_id, None), share)

    return is_held_out


def retry_limit(policy: Policy) -> Limit:
    """The tenant's own limit on tries of one card."""
    return Limit(policy.retries.max_attempts, policy.retries.window_days)
