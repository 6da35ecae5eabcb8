"""A subscription that bills: periods, invoices, usage, discounts, changes of plan."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox import objects
from sandbox.objects import Payload

from .calendar import add_months
from .money import rounded
from .papers import Papers

if TYPE_CHECKING:
    from .customer import Customer
    from .life import Process

_ENDED = frozenset({"canceled", "incomplete_expired"})


class Contract(Papers):
    """A subscription of a customer. Stories change it and set what is to happen at the next renewal."""

    def __init__(
        self,
        customer: Customer,
        price: Payload,
        quantity: int = 1,
        *,
        trial_end: int | None = None,
        days_until_due: int | None = None,
        is_metered: bool = False,
        without_method: str = "create_invoice",
        metadata: dict[str, str] | None = None,
    ) -> None:
        super().__init__(customer)
        life = customer.life
        customer.contracts.append(self)
        self.start = self.anchor = trial_end or life.at
        self.periods = 0 if trial_end else 1
        self.months = 12 if price["recurring"]["interval"] == "year" else 1
        self.next_price: Payload | None = None
        self.skips: set[int] = set()
        identifier = life.identifier("sub")
        period = (life.at, trial_end or add_months(life.at, self.months))
        items = [objects.subscription_item(life.identifier("si"), identifier, price, quantity, life.at, period)]
        if is_metered:
            usage = life.world.catalog.usage(price["currency"])
            items.append(objects.subscription_item(life.identifier("si"), identifier, usage, None, life.at, period))
        self.payload = objects.subscription(
            identifier,
            customer.payload,
            price["currency"],
            items,
            life.at,
            trial_end=trial_end,
            days_until_due=days_until_due,
            without_method=without_method,
            metadata=metadata,
        )

    # What it is

    @property
    def price(self) -> Payload:
        """The plan's price."""
        price: Payload = self.items[0]["price"]
        return price

    @property
    def plan(self) -> str:
        """The plan's short name."""
        return str(self.price["nickname"]).split("_")[0]

    @property
    def quantity(self) -> int:
        """Seats, or one."""
        return int(self.items[0]["quantity"])

    @property
    def period_end(self) -> int:
        """When the running period ends."""
        return int(self.items[0]["current_period_end"])

    @property
    def is_ended(self) -> bool:
        """Whether nothing will be billed any more."""
        return self.payload["status"] in _ENDED

    def list_value(self) -> int:
        """The plan's list price of a month, in minor units."""
        return round(int(self.price["unit_amount"]) * self.quantity / self.months)

    def net_value(self) -> int:
        """The same less the discounts that run now."""
        amount = int(self.price["unit_amount"]) * self.quantity
        for discount in self.running_discounts():
            amount -= self.given(discount, amount)
        return round(amount / self.months)

    # Its life

    def begin(self) -> Payload:
        """Store it with its first invoice, finalised at once. Returns the invoice."""
        life = self.life
        till = self.customer.till
        is_trial = self.payload["trial_end"] is not None
        self.customer.activity.is_metered = len(self.items) > 1
        if not is_trial and self.payload["days_until_due"] is None and till.refused(till.method(self), life.at):
            self.payload["status"] = "incomplete"
        life.keep("subscription", self.payload)
        lines = [self.line(self.items[0], 0 if is_trial else None)]
        invoice = self.invoice(lines, "subscription_create", (life.at, life.at))
        life.change(None, self.payload, latest_invoice=invoice["id"])
        life.emit("customer.subscription.created", self.payload)
        for discount in self.payload["discounts"]:
            life.emit("customer.discount.created", discount)
        life.spawn(till.collect(self, invoice, is_first=True))
        return invoice

    def bill(self) -> Process:
        """Renew at the end of each period, for as long as it lasts."""
        while not self.is_ended:
            if self.life.at < self.period_end:
                yield self.period_end
                continue
            if self.payload["cancel_at_period_end"]:
                self.cancel("cancellation_requested")
                return
            if self.payload["status"] == "trialing" and not self._may_go_on():
                return
            self.renew()

    def _may_go_on(self) -> bool:
        """At a trial's end: whether there is a way to pay, or an invoice is wanted all the same."""
        wanted = self.payload["trial_settings"]["end_behavior"]["missing_payment_method"]
        if self.customer.methods or wanted == "create_invoice":
            return True
        if wanted == "cancel":
            self.cancel("cancellation_requested")
        else:
            self.life.change("customer.subscription.updated", self.payload, status="paused")
        return False

    def extend_trial(self, until: int) -> None:
        """Move the trial's end."""
        items = [{**item, "current_period_end": until} for item in self.items]
        self.life.change(
            "customer.subscription.updated",
            self.payload,
            trial_end=until,
            billing_cycle_anchor=until,
            items={**self.payload["items"], "data": items},
        )

    def renew(self, *, is_early: bool = False) -> Payload | None:
        """Begin the next period and bill it. Returns the invoice, if there is one."""
        life = self.life
        was_trialing = self.payload["status"] == "trialing"
        if is_early:
            self.anchor, self.periods = life.at, 0
        elif was_trialing:
            self.anchor, self.periods = self.period_end, 0
        ended = (int(self.items[0]["current_period_start"]), life.at)
        self.periods += 1
        period = (life.at, add_months(self.anchor, self.periods * self.months))
        lines = self.usage_lines(ended, is_free=was_trialing)
        changes: dict[str, Any] = {"status": "active"} if was_trialing else {}
        if is_early:
            changes["billing_cycle_anchor"] = life.at
            if was_trialing:
                changes["trial_end"] = life.at
        price = self.next_price or self.price
        self.next_price = None
        items = [{**item, "current_period_start": period[0], "current_period_end": period[1]} for item in self.items]
        items[0]["price"] = price
        changes["items"] = {**self.payload["items"], "data": items}
        gone = [one for one in self.payload["discounts"] if one["end"] is not None and one["end"] <= life.at]
        if gone:
            changes["discounts"] = [one for one in self.payload["discounts"] if one not in gone]
        lines.insert(0, self.line(items[0], None, period))
        lines += self.pending_lines()
        invoice = None
        if self.periods not in self.skips:
            reason = "subscription_update" if is_early else "subscription_cycle"
            invoice = self.invoice(lines, reason, ended, is_draft=not is_early)
            changes["latest_invoice"] = invoice["id"]
        is_quiet = self.months == 1 and price is self.price and not was_trialing
        life.change("customer.subscription.updated", self.payload, is_quiet=is_quiet, **changes)
        for discount in gone:
            life.emit("customer.discount.deleted", discount, is_quiet=True)
        if invoice is not None:
            life.spawn(self.customer.till.collect(self, invoice))
        return invoice

    def cancel(self, reason: str) -> None:
        """End it now."""
        life = self.life
        if self.is_ended:
            return
        if self.payload["status"] == "active":
            self._bill_last_usage()
        details = {**self.payload["cancellation_details"], "reason": reason}
        life.change(
            "customer.subscription.deleted",
            self.payload,
            status="canceled",
            canceled_at=self.payload["canceled_at"] or life.at,
            ended_at=life.at,
            cancellation_details=details,
        )
        self.customer.till.owed.ended(self)
        self.customer.activity.stop()

    def _bill_last_usage(self) -> None:
        """What was used in the last period, or waits to be billed, is billed when the subscription ends."""
        ended = (int(self.items[0]["current_period_start"]), self.life.at)
        lines = self.usage_lines(ended)
        if sum(item["amount"] for item in self.pending) > 0:
            lines += self.pending_lines()
        if any(line["amount"] for line in lines):
            invoice = self.invoice(lines, "subscription_cycle", ended, is_draft=True)
            self.life.change(None, self.payload, latest_invoice=invoice["id"])
            self.life.spawn(self.customer.till.collect(self, invoice))

    def cancel_later(self) -> None:
        """Let it end with the running period."""
        self.life.change(
            "customer.subscription.updated",
            self.payload,
            cancel_at_period_end=True,
            cancel_at=self.period_end,
            canceled_at=self.life.at,
            cancellation_details={**self.payload["cancellation_details"], "reason": "cancellation_requested"},
        )

    def add_discount(self, name: str, *, code: str | None = None, is_new: bool = False) -> Payload:
        """Give it a coupon, by its short name, from now on. Returns the discount."""
        life = self.life
        coupon = life.world.catalog.coupons[name]
        months = coupon["duration_in_months"]
        promotion = life.world.catalog.codes[code]["id"] if code else None
        discount = objects.discount(
            life.identifier("di"),
            self.payload,
            coupon["id"],
            life.at,
            end=None if months is None else add_months(life.at, months),
            promotion_code=promotion,
        )
        life.redeemed[coupon["id"]] += 1
        if promotion:
            life.redeemed[promotion] += 1
        discounts = [*self.payload["discounts"], discount]
        if is_new:
            self.payload["discounts"] = discounts
        else:
            life.change("customer.subscription.updated", self.payload, discounts=discounts)
            life.emit("customer.discount.created", discount)
        return discount

    def change_plan(self, price: Payload, quantity: int, *, is_billed_now: bool) -> None:
        """Another price or quantity from now on, with the difference for the rest of the period."""
        life = self.life
        start, end = int(self.items[0]["current_period_start"]), self.period_end
        share = Decimal(end - life.at) / Decimal(end - start)
        old = self.items[0]
        currency = price["currency"]
        back = rounded(-share * old["price"]["unit_amount"] * old["quantity"], currency)
        more = rounded(share * price["unit_amount"] * quantity, currency)
        new = {**old, "price": price, "quantity": quantity}
        for amount, sold, count, word in (
            (back, old["price"], old["quantity"], "Unused time on"),
            (more, price, quantity, "Remaining time on"),
        ):
            item = objects.invoiceitem(
                life.identifier("ii"),
                self.customer.payload,
                amount,
                currency,
                life.at,
                description=f"{word} {sold['nickname']}",
                period=(life.at, end),
                subscription_item=old,
                price=sold,
                quantity=count,
            )
            life.keep("invoiceitem", item)
            life.emit("invoiceitem.created", item, is_quiet=True)
            self.pending.append(item)
        items = {**self.payload["items"], "data": [new, *self.items[1:]]}
        changes: dict[str, Any] = {"items": items}
        invoice = None
        if is_billed_now and back + more > 0:
            invoice = self.invoice(self.pending_lines(), "subscription_update", (start, life.at))
            changes["latest_invoice"] = invoice["id"]
        life.change("customer.subscription.updated", self.payload, **changes)
        if invoice is not None:
            life.spawn(self.customer.till.collect(self, invoice))
