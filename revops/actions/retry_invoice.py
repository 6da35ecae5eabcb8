"""Retrying an unpaid invoice: whether this decline, this card and Stripe's own schedule allow it, and when.

It pays the invoice itself (`POST /v1/invoices/{id}/pay`), never makes a new payment: an invoice cannot be paid twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from revops.actions.good_time import good_time
from revops.actions.retry_rules import Ceiling, Group, RetryRules
from revops.domain.action import Draft
from revops.domain.money import format_minor

KIND = "retry_invoice"


@dataclass(frozen=True)
class Attempt:
    """One charge that tried to pay the invoice; `card` is a digest of its fingerprint, which evidence never names."""

    at: datetime
    charge: str
    status: str
    decline_code: str | None
    decline_group: str | None
    network_advice_code: str | None
    card_brand: str | None
    card: str | None
    payment_method: str | None
    card_last4: str | None = None


@dataclass(frozen=True)
class UnpaidInvoice:
    """What the detector says of an unpaid invoice; amounts in minor units of `currency`."""

    invoice: str
    number: str | None
    customer_id: str | None
    amount_remaining_minor: int
    currency: str
    amount_reporting_minor: int | None
    status: str
    verdict: str
    next_payment_attempt_at: datetime | None
    payment_method: str | None
    is_payment_method_unchanged: bool
    customer_payment_method: str | None
    customer_country: str | None
    billed_at: datetime
    attempts: tuple[Attempt, ...]
    due_at: datetime | None = None
    hosted_invoice_url: str | None = None

    @property
    def last_failure(self) -> Attempt | None:
        """The newest try that failed."""
        return max((one for one in self.attempts if one.status == "failed"), key=lambda one: one.at, default=None)

    @property
    def new_payment_method(self) -> str | None:
        """One that the customer has added and that was never tried on this invoice."""
        tried = {one.payment_method for one in self.attempts}
        for candidate in (self.payment_method, self.customer_payment_method):
            if candidate is not None and candidate not in tried:
                return candidate
        return None


@dataclass(frozen=True)
class NotProposed:
    """Why there is no retry, what to do instead, and from when on it may be looked at again."""

    reason: str
    instead: str | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Limit:
    """The tenant's own limit on tries of one card."""

    attempts: int
    days: int


def read_unpaid_invoice(
    evidence: Mapping[str, Any], customer_id: str | None, amount_reporting_minor: int | None
) -> UnpaidInvoice:
    """From a finding's evidence. Raises KeyError and ValueError for evidence of another version."""
    return UnpaidInvoice(
        invoice=evidence["invoice"],
        number=evidence.get("number"),
        customer_id=customer_id,
        amount_remaining_minor=int(evidence["amount_remaining_minor"]),
        currency=evidence["currency"],
        amount_reporting_minor=amount_reporting_minor,
        status=evidence["status"],
        verdict=evidence["verdict"],
        next_payment_attempt_at=_moment(evidence.get("next_payment_attempt_at")),
        payment_method=evidence.get("payment_method"),
        is_payment_method_unchanged=evidence.get("is_payment_method_unchanged") is not False,
        customer_payment_method=evidence.get("customer_payment_method"),
        customer_country=evidence.get("customer_country"),
        billed_at=_sure(evidence["billed_at"]),
        attempts=tuple(_attempt(one) for one in evidence.get("attempts") or ()),
        due_at=_moment(evidence.get("due_at")),
        hosted_invoice_url=evidence.get("hosted_invoice_url"),
    )


def consider(
    invoice: UnpaidInvoice,
    rules: RetryRules,
    limit: Limit,
    at: datetime,
    *,
    card_tries: Mapping[str, Sequence[datetime]] | None = None,
) -> Draft | NotProposed:
    """A draft with its time, or why not. `card_tries`: when cards were tried, by that digest, whatever the invoice."""
    if invoice.status != "open":
        return NotProposed("The invoice is not open.", rules.verdicts.get(invoice.verdict))
    if invoice.next_payment_attempt_at is not None and invoice.next_payment_attempt_at > at:
        new = invoice.new_payment_method
        if invoice.verdict != "phantom_retry" or new is None:
            return NotProposed(
                f"Stripe shows a try of its own on {_day(invoice.next_payment_attempt_at)}.", _of(invoice, rules)
            )
    if invoice.verdict in rules.verdicts:
        return NotProposed(rules.verdicts[invoice.verdict])
    last = invoice.last_failure
    if last is None:
        return NotProposed("No try is known that failed.", "A person looks at the invoice in Stripe.")
    if at - last.at > timedelta(days=rules.oldest_days):
        return NotProposed(
            f"The last try is more than {rules.oldest_days} days ago; a charge after so long surprises.",
            "A person writes to the customer first.",
        )
    new_method = invoice.new_payment_method
    rule = _rule(last, rules)
    if rule.wait_hours is None and new_method is None:
        return NotProposed(f"The last decline was {_say(last)}: trying the same card again is no use.", rule.instead)
    if new_method is None and None not in (known := {invoice.payment_method, last.payment_method}) and len(known) > 1:
        return NotProposed(
            "Several payment methods have failed, and Stripe would try another one than the last.",
            "A person looks at them in Stripe.",
        )
    earliest = max(at, last.at + timedelta(hours=_wait(last, rule, rules))) if new_method is None else at
    if new_method is None:
        freed = _freed(last, invoice, rules, limit, earliest, card_tries or {})
        if isinstance(freed, NotProposed):
            return freed
        earliest = freed
    # Who has just added a payment method expects it to be used.
    if new_method is not None or rule.at_any_hour:
        return _draft(invoice, last, new_method, earliest.replace(microsecond=0))
    when = good_time(earliest, invoice.customer_country, rules, waits_for_payday=rule.waits_for_payday)
    return _draft(invoice, last, new_method, when)


def _draft(invoice: UnpaidInvoice, last: Attempt, new_method: str | None, when: datetime) -> Draft:
    amount = format_minor(invoice.amount_remaining_minor, invoice.currency)
    name = invoice.number or invoice.invoice
    failures = sum(one.status == "failed" for one in invoice.attempts)
    why = [f"{amount} of invoice {name} is unpaid after {failures} {'try' if failures == 1 else 'tries'}."]
    if new_method is not None:
        why.append(f"The last decline was {_say(last)}; the customer has added another payment method since.")
    else:
        why.append(f"The last decline was {_say(last)}, which may pass.")
    why.append("Stripe will not try again on its own.")
    body: dict[str, Any] = {"invoice": invoice.invoice}
    if new_method is not None:
        body["payment_method"] = new_method
    which = "the customer's new payment method" if new_method else "the payment method on file"
    return Draft(
        kind="retry_invoice",
        moves_money=True,
        amount_minor=invoice.amount_remaining_minor,
        currency=invoice.currency,
        customer_id=invoice.customer_id,
        not_before=when,
        body=body,
        facts={
            "status": invoice.status,
            "amount_remaining_minor": invoice.amount_remaining_minor,
            "decline_code": last.decline_code,
            "last_charge": last.charge,
            "payment_method": new_method or last.payment_method or invoice.payment_method,
            "card": None if new_method else last.card,
            "failures": failures,
        },
        why=tuple(why),
        what_happens=(
            f"Stripe tries once to collect {amount} for invoice {name} from {which}. Right before, the invoice is read "
            "again; if it was paid or changed meanwhile, nothing is sent."
        ),
        amount_reporting_minor=invoice.amount_reporting_minor,
    )


def _freed(
    last: Attempt,
    invoice: UnpaidInvoice,
    rules: RetryRules,
    limit: Limit,
    earliest: datetime,
    card_tries: Mapping[str, Sequence[datetime]],
) -> datetime | NotProposed:
    """From when on the card is under every ceiling."""
    known = {one.at for one in invoice.attempts if one.card == last.card}
    tries = sorted(known | set(card_tries.get(last.card or "", ())))
    brand = (last.card_brand or "").lower()
    own = Ceiling(network="*", attempts=limit.attempts, days=limit.days)
    for ceiling in (own, *(one for one in rules.ceilings if one.network in ("*", brand))):
        if len(tries) < ceiling.attempts:
            continue
        # Of the last n tries the oldest must be out of the window.
        free_at = tries[-ceiling.attempts] + timedelta(days=ceiling.days)
        if free_at > earliest + timedelta(days=1):
            return NotProposed(
                f"This card was tried {ceiling.attempts} times in {ceiling.window}, which is the limit "
                f"({ceiling.source}).",
                "Ask the customer for another payment method.",
                until=free_at,
            )
        earliest = max(earliest, free_at)
    return earliest


def _rule(last: Attempt, rules: RetryRules) -> Group:
    """The group decides whether; the code may say how long. A group that is not known is for a person."""
    group = rules.groups.get(last.decline_group or "unknown", rules.groups["unknown"])
    if group.wait_hours is None:
        return group
    return rules.codes.get(last.decline_code or "", group)


def _wait(last: Attempt, rule: Group, rules: RetryRules) -> int:
    advice = rules.advice_wait_hours.get(last.network_advice_code or "", 0)
    is_mastercard = (last.card_brand or "").lower() == "mastercard"
    return max(rule.wait_hours or 0, advice if is_mastercard else 0)


def _of(invoice: UnpaidInvoice, rules: RetryRules) -> str | None:
    last = invoice.last_failure
    return _rule(last, rules).instead if last is not None and invoice.verdict == "phantom_retry" else None


def _say(attempt: Attempt) -> str:
    return (attempt.decline_code or "without a code").replace("_", " ")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _attempt(given: Mapping[str, Any]) -> Attempt:
    return Attempt(
        at=_sure(given["at"]),
        charge=given["charge"],
        status=given["status"],
        decline_code=given.get("decline_code"),
        decline_group=given.get("decline_group"),
        network_advice_code=given.get("network_advice_code"),
        card_brand=given.get("card_brand"),
        card=given.get("card"),
        payment_method=given.get("payment_method"),
        card_last4=given.get("card_last4"),
    )


def _moment(text: str | None) -> datetime | None:
    return _sure(text) if text else None


def _sure(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
