"""Money that was owed and did not come: cards that stay declined, transfers that are never made."""

from __future__ import annotations

import math
from collections.abc import Generator

from ..calendar import DAY, HOUR
from ..contract import Contract
from ..customer import Customer
from ..deck import Role
from ..life import Life, Process
from ..refusals import Refusal
from .common import Story, buys, comes, cycle, days_before

_WORN_OUT = (
    "insufficient_funds", "insufficient_funds", "insufficient_funds", "insufficient_funds", "generic_decline",
    "generic_decline", "do_not_honor", "do_not_honor", "expired_card", "card_velocity_exceeded", "call_issuer",
    "incorrect_cvc", "processing_error",
)  # fmt: skip
_HOPELESS = (
    "lost_card", "stolen_card", "pickup_card", "incorrect_number", "revocation_of_authorization",
    "revocation_of_all_authorizations", "transaction_not_allowed",
)  # fmt: skip
Setup = Generator[int, None, tuple[Customer, Contract, int]]
_ENDS = ("past_due", "past_due", "past_due", "unpaid", "canceled", "canceled")


def declined(life: Life, days_ago: int, code: str, cause: str, *, ends_as: str = "past_due") -> Setup:
    """Pays for some months; from the renewal of so many days ago on, the card is declined. Sleeps until then."""
    begin, last = cycle(life, days_ago, life.random.randrange(2, 13))
    yield begin
    customer = comes(life, expires=(2026, 6) if code == "expired_card" else None)
    customer.till.ends_as = ends_as
    contract = buys(customer)
    customer.till.refusals.append(Refusal(code, cause, last - HOUR, method=customer.methods[0]["id"]))
    yield last + 5 * HOUR
    return customer, contract, last


def exhausted(life: Life, _role: Role) -> Process:
    """All tries failed."""
    ends_as = life.random.choice(_ENDS)
    days_ago = life.random.randrange(17, 30 if ends_as != "past_due" else 60)
    yield from declined(life, days_ago, life.random.choice(_WORN_OUT), "exhausted", ends_as=ends_as)


def cancelled_owing(life: Life, _role: Role) -> Process:
    """Left while an invoice was being retried."""
    days_ago = life.random.randrange(10, 29)
    _, contract, last = yield from declined(life, days_ago, life.random.choice(_WORN_OUT), "left_owing")
    yield last + life.random.randrange(3, 8) * DAY
    contract.cancel("cancellation_requested")


def phantom(life: Life, _role: Role) -> Process:
    """The bank will never approve; Stripe plans attempts that it does not make."""
    days_ago = life.random.choice((2, 4, 6, 8, 10, 12, 18, 25))
    yield from declined(life, days_ago, life.random.choice(_HOPELESS), "phantom")


def stale_card(life: Life, _role: Role) -> Process:
    """The customer gave a new card; the subscription still names the old one."""
    begin, last = cycle(life, life.random.randrange(18, 29), life.random.randrange(3, 13))
    yield begin
    customer = comes(life)
    contract = buys(customer)
    old = customer.methods[0]["id"]
    life.change("customer.subscription.updated", contract.payload, default_payment_method=old)
    code = life.random.choice(("expired_card", "insufficient_funds", "do_not_honor"))
    customer.till.refusals.append(Refusal(code, "stale_card", last - HOUR, method=old))
    yield last + life.random.randrange(3, 9) * DAY
    customer.add_card()
    invoice = life.records["invoice"][contract.payload["latest_invoice"]]
    label = life.note(
        "stale_payment_method",
        "new_card_on_the_customer_only",
        invoice["id"],
        detectable_at=life.at,
        amount=invoice["amount_remaining"],
        note="the same money as unpaid_invoice of this invoice",
    )
    customer.till.owed.beside("stale", label)


def authentication(life: Life, _role: Role) -> Process:
    """The bank wants to see the cardholder, who never came."""
    yield from declined(life, life.random.randrange(4, 27), "authentication_required", "authentication")


def written_off(life: Life, _role: Role) -> Process:
    """All tries failed, and somebody marked the invoice as uncollectible."""
    days_ago = life.random.randrange(32, 90)
    made = declined(life, days_ago, life.random.choice(_WORN_OUT), "written_off", ends_as="canceled")
    customer, _, _ = yield from made
    customer.till.gives_up_days = life.random.randrange(3, 12)


def overdue(life: Life, _role: Role) -> Process:
    """Sent, due, and nobody pays any more."""
    begin, last = cycle(life, life.random.randrange(40, 85), life.random.randrange(2, 12))
    yield begin
    customer = comes(life)
    customer.till.transfer_days = life.random.randrange(8, 29)
    buys(customer, "business", days_until_due=30)
    yield last - HOUR
    customer.till.transfer_days = math.inf


def part_credited(life: Life, _role: Role) -> Process:
    """Part was credited, the rest failed on every try."""
    made = declined(life, life.random.randrange(18, 29), "insufficient_funds", "part_credited")
    customer, contract, _ = yield from made
    invoice = life.records["invoice"][contract.payload["latest_invoice"]]
    if invoice["status"] == "open":
        customer.till.credit(invoice, invoice["amount_due"] // 40 * 10, "Outage in the second week")


def retrying(life: Life, _role: Role) -> Process:
    """Failed some days ago; Stripe will try again."""
    yield from declined(life, life.random.randrange(1, 9), life.random.choice(_WORN_OUT), "exhausted")


def _sent(days_ago: float) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """Bought on account so many days ago and has not paid."""
        yield days_before(life, days_ago)
        customer = comes(life, has_card=False)
        customer.till.transfer_days = math.inf
        buys(customer, "business", days_until_due=30)

    return story


STORIES: dict[str, Story] = {
    "exhausted": exhausted,
    "cancelled_owing": cancelled_owing,
    "phantom": phantom,
    "stale_card": stale_card,
    "authentication": authentication,
    "written_off": written_off,
    "overdue": overdue,
    # Thirty days to pay, seven of grace: a day either side.
    "overdue_eight_days": _sent(38),
    "overdue_six_days": _sent(36),
    "part_credited": part_credited,
    "retrying": retrying,
}
