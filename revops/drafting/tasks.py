"""Tasks for colleagues: what a person is to do about a leak, with what is known of it. In English, in Markdown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from revops.domain.letter import TaskDraft
from revops.domain.money import format_minor
from revops.drafting.said import line

LONGEST_TITLE = 120
_DASHBOARD = "https://dashboard.stripe.com"
_PAGES = {"invoice": "invoices", "subscription": "subscriptions", "customer": "customers", "charge": "payments"}
# Everything that Markdown gives a meaning to inside a line; a name with a link in it stays a name.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~&@:]|(?<=www)\.)", re.IGNORECASE)
_GROUPS = {
    "never": "declined for good; the bank will not accept this card again",
    "fix_data": "card details out of date or wrong",
    "customer_authenticates": "the customer has to confirm the payment with the bank",
    "other_method": "this card cannot pay this; another payment method is needed",
    "retry_later": "declined for now; it may pass",
    "technical": "a technical fault on the way",
    "check_first": "perhaps paid by another payment; check first",
}
# By leak type, then by family: what somebody does about it, step by step.
_STEPS: dict[str, tuple[str, ...]] = {
    "unpaid_invoice": (
        "Open the invoice in Stripe: is it still open with the same remaining amount, and is no payment processing?",
        "Look for a bank transfer that nobody recorded; if there is one, mark the invoice as paid out of band.",
        "Call the customer and agree how it is paid. The invoice itself is paid, no second charge is made.",
        "Say here what was agreed, and by when.",
    ),
    "failed_charges": (
        "Check in Stripe that the money is still owed.",
        "Ask the customer for another way to pay.",
        "Say here what was agreed.",
    ),
    "coupon_misuse": (
        "Check whether somebody agreed to this discount.",
        "If nobody did, end it from the next invoice on and tell the customer before.",
        "If it is meant, put it into the policy's exemptions.",
    ),
    "forever_trials": (
        "Check who extended the trial, and why.",
        "Agree a day on which it ends, and set it in Stripe.",
    ),
    "quiet_churn": (
        "Look at the last logins and at what the customer wrote to support.",
        "Call the customer before the next renewal.",
    ),
    "unbilled_usage": (
        "Compare the usage of the product with the lines of the invoice.",
        "If it was not billed, correct the meter or the quantity first, then talk with the customer.",
    ),
    "pricing": (
        "Compare the price in Stripe with the contract.",
        "If the contract has another price, change the subscription from its next period on.",
    ),
    "billing_mechanics": ("Look at the object in Stripe and finish what is unfinished.",),
    "money_out": ("Check in Stripe whether this was meant, and note by whom.",),
    "entitlement": ("Compare what the customer pays for with what the product lets the customer do.",),
    "churn_risk": ("Call the customer and ask what is missing.",),
}
_ANY = ("Look at it in Stripe and say here what it is.",)


@dataclass(frozen=True)
class TaskFacts:
    """What is known of a leak, for colleagues; what is None is not said.

    `amount_minor` in minor units of `currency`. `evidence` are further facts, by name.
    """

    leak_type: str
    family: str
    customer_name: str | None
    amount_minor: int
    currency: str
    object_type: str
    object_id: str
    is_test_mode: bool = False
    invoice_number: str | None = None
    plan: str | None = None
    billed_on: date | None = None
    due_on: date | None = None
    tries: int = 0
    last_tried_on: date | None = None
    next_try_on: date | None = None
    decline_group: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)


def write_task(facts: TaskFacts, *, why: Sequence[str] = (), leak_link: str | None = None) -> TaskDraft:
    """Title and description of a task. `why`: what else a colleague should know; `leak_link`: the leak's own page."""
    amount = format_minor(facts.amount_minor, facts.currency)
    who = line(facts.customer_name, 60) or f"customer of {facts.object_id}"
    title = line(f"{_title(facts.leak_type)}: {amount}, {who}", LONGEST_TITLE)
    steps = _STEPS.get(facts.leak_type) or _STEPS.get(facts.family) or _ANY
    parts = [
        f"{escaped(who)}: {amount} {_verb(facts)}.",
        "## What is known\n\n" + "\n".join(f"- {name}: {value}" for name, value in _known(facts, amount)),
        "## What to do\n\n" + "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1)),
    ]
    if why:
        parts.insert(1, "\n".join(f"- {escaped(line(one, 500))}" for one in why))
    if leak_link:
        parts.append(f"[The leak with its history]({leak_link})")
    return TaskDraft(title, "\n\n".join(parts) + "\n")


def escaped(text: str) -> str:
    """Text in which Markdown finds nothing to do."""
    return _MARKDOWN.sub(r"\\\1", text)


def stripe_link(object_type: str, object_id: str, *, is_test_mode: bool = False) -> str | None:
    """Where Stripe shows an object; None for a type that has no page, or an id that is none."""
    page = _PAGES.get(object_type)
    if page is None or not re.fullmatch(r"[A-Za-z0-9_]{1,255}", object_id):
        return None
    return f"{_DASHBOARD}/{'test/' if is_test_mode else ''}{page}/{object_id}"


def _known(facts: TaskFacts, amount: str) -> list[tuple[str, str]]:
    link = stripe_link(facts.object_type, facts.object_id, is_test_mode=facts.is_test_mode)
    name = escaped(line(facts.invoice_number, 60) or facts.object_id)
    known: list[tuple[str, str]] = [
        (_title(facts.object_type), f"[{name}]({link})" if link else name),
        ("Amount", amount),
    ]
    if facts.plan:
        known.append(("Plan", escaped(line(facts.plan, 60))))
    for label, day in (("Billed", facts.billed_on), ("Due", facts.due_on)):
        if day is not None:
            known.append((label, _day(day)))
    if facts.tries:
        last = f", the last on {_day(facts.last_tried_on)}" if facts.last_tried_on else ""
        known.append(("Tries", f"{facts.tries}{last}"))
    if facts.decline_group in _GROUPS:
        known.append(("Decline", _GROUPS[facts.decline_group]))
    if facts.next_try_on:
        known.append(("Next try", _day(facts.next_try_on)))
    known += [(escaped(line(key, 60)), escaped(line(value, 300))) for key, value in facts.evidence.items() if value]
    return known


def _verb(facts: TaskFacts) -> str:
    if facts.leak_type != "unpaid_invoice":
        return "may be leaking"
    return "is overdue" if facts.due_on and not facts.tries else "was billed and is not paid"


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
