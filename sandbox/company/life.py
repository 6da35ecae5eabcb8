"""A customer's life from the first invoice to the last: pays every period, then meets the fate of its story."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from .book import DAY, HOUR, Book, Payload, add_months
from .catalog import Catalog
from .fates import FATES
from .outcomes import pay, pay_outside, settle_nothing
from .papers import new_invoice, new_subscription
from .people import new_card, new_customer
from .stories import Story


@dataclass(slots=True)
class Life:
    """Everything about one customer that a fate may touch."""

    book: Book
    story: Story
    catalog: Catalog
    customer: Payload
    card: Payload
    subscription: Payload
    invoices: list[Payload] = field(default_factory=list)

    def bill(self, at: int, *, reason: str = "subscription_cycle") -> Payload:
        """Make the invoice of the period that begins at `at` and move the subscription into it."""
        item = self.subscription["items"]["data"][0]
        months = 12 if item["price"]["recurring"]["interval"] == "year" else 1
        end = add_months(at, months)
        for each in self.subscription["items"]["data"]:
            each.update(current_period_start=at, current_period_end=end)
        amount = item["price"]["unit_amount"] * item["quantity"]
        invoice = new_invoice(
            self.book,
            self.customer,
            self.subscription,
            amount,
            at,
            reason=reason,
            period=(at, end),
            discount=self._discount(amount, at),
        )
        if reason == "subscription_cycle":
            self.book.emit("customer.subscription.updated", self.subscription, at, {"latest_invoice": self.last_id()})
        self.invoices.append(invoice)
        return invoice

    def last_id(self) -> str | None:
        """The id of the newest invoice so far."""
        return self.invoices[-1]["id"] if self.invoices else None

    def _discount(self, amount: int, at: int) -> int:
        running = [one for one in self.subscription["discounts"] if one["end"] is None or one["end"] > at]
        self.subscription["discounts"] = running
        for discount in running:
            coupon = self.book.tables["coupon"][discount["source"]["coupon"]]
            if coupon["percent_off"] is not None:
                return round(amount * float(coupon["percent_off"]) / 100)
            return min(amount, int(coupon["amount_off"]))
        return 0

    def settle(self, invoice: Payload) -> None:
        """The usual course: paid within the hour, or within a week where an invoice was sent."""
        at = invoice["created"]
        if invoice["total"] == 0:
            settle_nothing(self.book, invoice, at)
        elif self.story.is_invoiced:
            pay_outside(self.book, invoice, min(at + 7 * DAY, self.book.now))
        else:
            pay(self.book, invoice, self.card, min(at + HOUR, self.book.now))


def live(book: Book, catalog: Catalog, story: Story) -> None:
    """Tell one story, from sign-up to now."""
    step = 12 if story.interval == "year" else 1
    last = _last(book.now, story.last_days)
    starts = [add_months(last, -months) for months in range(story.months // step * step, -1, -step)]
    begin = starts[0]
    customer = new_customer(
        book, story.name, story.country, story.currency, begin - HOUR, metadata=dict(story.metadata)
    )
    card = new_card(book, customer, begin - HOUR, expires=2031 if story.decline != "expired_card" else 2026)
    price = (
        catalog.prices["starter_usd_month_old"]
        if story.plan == "starter_old"
        else catalog.price(story.plan, story.currency, story.interval)
    )
    extra = (catalog.prices["reports_usd_month"],) if story.fate == "meters" else ()
    subscription = new_subscription(
        book,
        customer,
        price,
        begin,
        quantity=story.quantity,
        collection="send_invoice" if story.is_invoiced else "charge_automatically",
        coupon=catalog.coupons[story.coupon] if story.coupon else None,
        trial_end=begin + 14 * DAY if story.fate == "trial" else None,
        extra_prices=extra,
    )
    life = Life(book, story, catalog, customer, card, subscription)
    target = len(starts) - 1 - story.back
    for number, start in enumerate(starts):
        reason = "subscription_create" if number == 0 else "subscription_cycle"
        invoice = life.bill(start, reason=reason) if story.fate != "trial" else _trial_invoice(life, start)
        if number == target:
            FATES[story.fate](life, invoice)
        else:
            life.settle(invoice)


def _trial_invoice(life: Life, at: int) -> Payload:
    invoice = new_invoice(
        life.book,
        life.customer,
        life.subscription,
        0,
        at,
        reason="subscription_create",
        period=(at, life.subscription["trial_end"]),
    )
    life.invoices.append(invoice)
    return invoice


def _last(now: int, days: int) -> int:
    """So many days ago, at most on the 28th: every month has one, so no invoice day drifts."""
    if days == 0:
        return now - HOUR // 2
    moment = now - days * DAY
    late = max(datetime.fromtimestamp(moment, UTC).day - 28, 0)
    return moment - late * DAY
