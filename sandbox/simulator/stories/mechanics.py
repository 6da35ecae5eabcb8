"""What falls between the cogs of billing: drafts, pending items, periods, pauses."""

from __future__ import annotations

from sandbox import objects
from sandbox.objects import Payload

from ..calendar import DAY
from ..customer import Customer
from ..deck import Role
from ..life import Life, Process
from ..papers import COMPANY
from .common import Story, buys, comes, cycle, days_before

_WORK = {"usd": 25_000, "eur": 22_500, "gbp": 19_500, "jpy": 36_000, "kwd": 76_000}


def _work(customer: Customer) -> Payload:
    life = customer.life
    item = objects.invoiceitem(
        life.identifier("ii"),
        customer.payload,
        _WORK[customer.currency],
        customer.currency,
        life.at,
        description="Data import",
        period=(life.at, life.at),
    )
    life.keep("invoiceitem", item)
    life.emit("invoiceitem.created", item)
    return item


def draft_forgotten(life: Life, _role: Role) -> Process:
    """Work was put on an invoice by hand that nobody finalised."""
    begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(3, 12))
    yield begin
    customer = comes(life)
    buys(customer)
    yield days_before(life, life.random.randrange(20, 90))
    item = _work(customer)
    line = objects.line_item(
        life.identifier("il"),
        None,
        None,
        amount=item["amount"],
        currency=item["currency"],
        livemode=True,
        description=item["description"],
        quantity=1,
        period=(life.at, life.at),
        invoice_item=item["id"],
    )
    invoice = objects.invoice(
        life.identifier("in"),
        COMPANY,
        customer.payload,
        None,
        [line],
        life.at,
        reason="manual",
        period=(life.at, life.at),
        auto_advance=False,
    )
    life.change(None, item, invoice=invoice["id"])
    life.keep("invoice", invoice)
    life.emit("invoice.created", invoice)
    life.note(
        "draft_never_finalised",
        "forgotten_by_hand",
        invoice["id"],
        detectable_at=life.at + 7 * DAY,
        amount=invoice["total"],
        note="a week for whoever made it to finish it",
    )


def pending_forgotten(life: Life, _role: Role) -> Process:
    """Work done after the subscription had ended: no invoice will ever take it up."""
    begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(6, 12))
    yield begin
    customer = comes(life)
    contract = buys(customer)
    yield days_before(life, life.random.randrange(60, 120))
    contract.cancel("cancellation_requested")
    yield life.at + 5 * DAY
    item = _work(customer)
    life.note(
        "pending_items_stale",
        "no_invoice_to_come",
        item["id"],
        detectable_at=life.at + 31 * DAY,
        amount=item["amount"],
        note="older than a billing month",
    )


def pending_fresh(life: Life, _role: Role) -> Process:
    """Work that the next invoice will bill."""
    begin, _ = cycle(life, life.random.randrange(12, 22), life.random.randrange(3, 12))
    yield begin
    customer = comes(life)
    contract = buys(customer)
    yield days_before(life, 5)
    item = _work(customer)
    contract.pending.append(item)
    life.note("pending_items_stale", "next_invoice_bills_it", item["id"], note="the next invoice takes it up")


def period_skipped(life: Life, _role: Role) -> Process:
    """A period for which no invoice was made."""
    months = life.random.randrange(4, 12)
    begin, _ = cycle(life, life.random.randrange(2, 26), months)
    yield begin
    customer = comes(life)
    contract = buys(customer)
    contract.skips = {months + life.random.randrange(0, 2)}
    while contract.periods not in contract.skips:
        yield contract.period_end + 1
    life.note(
        "period_without_invoice",
        "renewed_without_invoice",
        contract.payload["id"],
        detectable_at=int(contract.items[0]["current_period_start"]) + DAY,
        amount=contract.net_value(),
        note="the price of the period; a day for the invoice to come",
    )


def _pause(first: int, last: int, *, approved: bool = False, resumes_in: int | None = None) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """Collection is paused between so many days ago."""
        begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(6, 14))
        yield begin
        customer = comes(life)
        metadata = {"approved_by": "cs", "pause_reason": "parental_leave"} if approved else {}
        contract = buys(customer)
        yield days_before(life, life.random.randrange(first, last + 1))
        behavior = "keep_as_draft" if approved else life.random.choice(("keep_as_draft", "void"))
        resumes_at = None if resumes_in is None else life.world.anchor + resumes_in * DAY
        is_forgotten = not approved and resumes_in is None
        contract.paused = life.note(
            "pause_forgotten",
            "nobody_remembers" if is_forgotten else "approved" if approved else "has_an_end",
            contract.payload["id"],
            detectable_at=life.at + 60 * DAY if is_forgotten else None,
            amount=0,
            recurring=contract.net_value(),
            note="amount: the invoices since, kept as drafts or voided",
        )
        life.change(
            "customer.subscription.updated",
            contract.payload,
            metadata={**contract.payload["metadata"], **metadata},
            pause_collection={"behavior": behavior, "resumes_at": resumes_at},
        )

    return story


STORIES: dict[str, Story] = {
    "draft_forgotten": draft_forgotten,
    "pending_forgotten": pending_forgotten,
    "pending_fresh": pending_fresh,
    "period_skipped": period_skipped,
    "pause_forgotten": _pause(65, 110),
    "pause_fifty_nine_days": _pause(59, 59),
    "pause_approved": _pause(65, 110, approved=True),
    "pause_until": _pause(65, 110, resumes_in=25),
}
