"""What an approver is told: why this step, why now, and what could be done instead."""

from dataclasses import dataclass
from datetime import date, datetime

from revops.domain.letter import LetterFacts, Recommendation
from revops.domain.money import format_minor

# Per decline group: why a letter is the step that helps.
_LETTER = {
    "never": "The bank will not accept this card again, so that only another card or payment method can help.",
    "fix_data": "Its details are out of date or wrong: trying it again is no use until the customer mends them.",
    "customer_authenticates": "The customer's bank wants the customer to confirm; nobody else can do that.",
    "other_method": "This card cannot pay this, so the customer has to choose another payment method.",
    "retry_later": "Tries alone have not worked so far; a customer who knows of it often pays by another card.",
    "technical": "A technical fault stood in the way; another card avoids it.",
    "check_first": "It may have been paid already; the letter says to disregard it in that case.",
}
_TOPICS = {
    "payment_failed": "It is the first message about this payment: plain, and without any pressure.",
    "reminder": "The first message has not led to a payment.",
    "urgent": "Earlier messages have not led to a payment, so this one asks for attention.",
    "last_chance": "It is the last message before the plan changes, and says what happens then.",
    "confirm_payment": "The payment waits for a confirmation that only the customer can give.",
    "invoice_overdue": "The invoice was sent to be paid by hand, is past its day, and nobody has asked.",
    "trial_ending": "A customer who knows what comes after the trial is not surprised by a charge.",
    "downgraded": "The plan has changed, and the customer has to be told.",
    "reactivated": "The payment has arrived, and the customer has to be told that all is well.",
}
_STEPS = {
    "send_email": "an e-mail to the customer",
    "retry_invoice": "another try of the charge",
    "open_task": "a task for a colleague",
    "downgrade": "a lower plan",
}
# What else there is, and what speaks for it.
_INSTEAD = {
    "retry_invoice": "Retry the charge: worth it where the decline may pass and no try of Stripe's is ahead.",
    "send_email": "Write to the customer: the only thing that helps where the card itself is the cause.",
    "open_task": "Give it to a colleague who calls: for large accounts, and where it may have been paid already.",
    "wait": "Wait: Stripe's own tries may still bring it in.",
}
_NO_RETRY = frozenset(("never", "fix_data", "customer_authenticates", "other_method"))


@dataclass(frozen=True)
class Step:
    """What is proposed. `kind`: `send_email`, `retry_invoice`, `open_task`, `downgrade`.

    `written` counts the messages that the customer has had about this already; `last_written_on` is the newest.
    """

    kind: str
    written: int = 0
    last_written_on: date | None = None
    is_large: bool = False


def recommend(facts: LetterFacts, step: Step, at: datetime) -> Recommendation:
    """The reasons for a step, from what is known and nothing else. Days are counted from `at`."""
    return Recommendation(_why_this(facts, step), _why_now(facts, step, at.date()), _instead(facts, step, at.date()))


def _why_this(facts: LetterFacts, step: Step) -> str:
    if step.kind == "send_email":
        group = _LETTER.get(facts.decline_group or "")
        parts = [
            _TOPICS[facts.topic],
            group if facts.topic not in ("reactivated", "trial_ending", "downgraded") else None,
        ]
        return " ".join(part for part in parts if part)
    if step.kind == "retry_invoice":
        return "The decline may pass by itself, and the invoice itself is charged, so that it cannot be paid twice."
    if step.kind == "open_task":
        large = "The account is large enough for a call. " if step.is_large else ""
        asked = f"{_count(step.written, 'message')} did not help. " if step.written else ""
        return f"{large}{asked}A person finds out what no message can."
    if step.kind == "downgrade":
        return "The days of grace are over, and the plan is still used without being paid."
    return f"The playbook's next step is {_STEPS.get(step.kind, step.kind.replace('_', ' '))}."


def _why_now(facts: LetterFacts, step: Step, today: date) -> str:
    amount = format_minor(facts.amount_minor, facts.currency)
    parts = []
    if facts.topic == "trial_ending" and facts.trial_ends_on:
        parts.append(f"The trial ends on {_day(facts.trial_ends_on)}; {amount} is due after that.")
    elif facts.topic == "reactivated":
        parts.append(f"{amount} has arrived.")
    elif facts.due_on and facts.topic == "invoice_overdue":
        parts.append(f"{amount} was due on {_day(facts.due_on)}{_ago(facts.due_on, today)}.")
    elif facts.billed_on:
        parts.append(f"{amount} is open since {_day(facts.billed_on)}{_ago(facts.billed_on, today)}.")
    else:
        parts.append(f"{amount} is open.")
    if facts.tries:
        last = f", most recently on {_day(facts.last_tried_on)}" if facts.last_tried_on else ""
        parts.append(f"{_count(facts.tries, 'try', 'tries')} failed{last}.")
    if facts.next_try_on:
        parts.append(f"The next try is on {_day(facts.next_try_on)}.")
    elif facts.tries:
        parts.append("No further try is known.")
    if step.written and step.last_written_on:
        parts.append(
            f"The customer was last written to on {_day(step.last_written_on)}{_ago(step.last_written_on, today)}."
        )
    if facts.access_until:
        parts.append(f"The plan stays as it is until {_day(facts.access_until)}.")
    return " ".join(parts)


def _instead(facts: LetterFacts, step: Step, today: date) -> tuple[str, ...]:
    if facts.topic in ("trial_ending", "reactivated"):
        return ()
    others = []
    may_retry = facts.tries > 0 and facts.decline_group not in _NO_RETRY
    if step.kind != "retry_invoice" and may_retry and facts.next_try_on is None:
        others.append(_INSTEAD["retry_invoice"])
    if step.kind != "send_email":
        others.append(_INSTEAD["send_email"])
    if step.kind != "open_task":
        others.append(_INSTEAD["open_task"])
    if facts.next_try_on is not None and facts.next_try_on >= today:
        others.append(_INSTEAD["wait"])
    return tuple(others)


def _ago(day: date, today: date) -> str:
    days = (today - day).days
    return f", {_count(days, 'day')} ago" if days > 0 else ""


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
