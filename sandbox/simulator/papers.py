"""What a subscription puts on paper: invoices, their lines, and what discounts take off."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import objects
from sandbox.objects import Payload

from .calendar import HOUR
from .money import rounded

if TYPE_CHECKING:
    from .customer import Customer
    from .labels import Label

COMPANY = "Lantern Reports"


class Papers:
    """Writes the invoices of one subscription. Labels that a story hangs on it grow as they are written."""

    def __init__(self, customer: Customer) -> None:
        self.customer, self.life = customer, customer.life
        self.payload: Payload = {}
        self.pending: list[Payload] = []
        self.stacked: Label | None = None
        self.overdue_discounts: dict[str, tuple[int, Label]] = {}
        self.shared: Label | None = None
        self.short: Label | None = None
        self.paused: Label | None = None

    @property
    def items(self) -> list[Payload]:
        """Its items: the plan, then usage."""
        items: list[Payload] = self.payload["items"]["data"]
        return items

    def invoice(self, lines: list[Payload], reason: str, period: tuple[int, int], *, is_draft: bool = False) -> Payload:
        """A draft; finalised at once unless `is_draft`."""
        life = self.life
        given = self._discount(lines)
        pause = self.payload["pause_collection"]
        is_held = pause is not None or self.payload["status"] == "unpaid"
        invoice = objects.invoice(
            life.identifier("in"),
            COMPANY,
            self.customer.payload,
            self.payload,
            lines,
            life.at,
            reason=reason,
            period=period,
            discounts=given,
            auto_advance=not is_held,
        )
        life.keep("invoice", invoice)
        life.emit("invoice.created", invoice, is_quiet=not is_held)
        for line in lines:
            self._take_up(line, invoice)
        if is_held and pause is not None and pause["behavior"] == "void":
            self.customer.till.void(invoice)
        if is_held and invoice["status"] == "draft":
            cause = "subscription_unpaid" if pause is None else "collection_paused"
            life.note("draft_never_finalised", cause, invoice["id"], note="Stripe keeps it as a draft for that reason")
        if is_held and self.paused is not None:
            self.paused.amount = (self.paused.amount or 0) + invoice["total"]
        if not is_draft and not is_held:
            self.customer.till.finalise(invoice)
        return invoice

    def _take_up(self, line: Payload, invoice: Payload) -> None:
        details = line["parent"]["invoice_item_details"]
        if details is not None:
            item = self.life.records["invoiceitem"][details["invoice_item"]]
            self.life.change(None, item, invoice=invoice["id"])

    def line(self, item: Payload, amount: int | None, period: tuple[int, int] | None = None) -> Payload:
        """A line for an item: its price times its quantity unless an amount is given."""
        price, quantity = item["price"], item["quantity"]
        span = period or (item["current_period_start"], item["current_period_end"])
        word = "Trial period for" if amount == 0 else f"{quantity} ×"
        return objects.line_item(
            self.life.identifier("il"),
            self.payload,
            item,
            amount=price["unit_amount"] * quantity if amount is None else amount,
            currency=price["currency"],
            livemode=self.payload["livemode"],
            description=f"{word} {price['nickname']}",
            quantity=quantity,
            period=span,
        )

    def usage_lines(self, ended: tuple[int, int], *, is_free: bool = False) -> list[Payload]:
        """What was used in a period that ended, as the meter heard of it."""
        lines: list[Payload] = []
        for item in self.items[1:]:
            used = self.customer.activity.used(*ended)
            billed = self.customer.activity.meter()
            if is_free:
                continue
            unit = Decimal(item["price"]["unit_amount_decimal"])
            currency = item["price"]["currency"]
            amount = rounded(unit * billed, currency)
            if billed < used and self.short is not None:
                self.short.amount = (self.short.amount or 0) + rounded(unit * used, currency) - amount
                self.short.detectable_at = self.short.detectable_at or self.life.at
            lines.append(
                objects.line_item(
                    self.life.identifier("il"),
                    self.payload,
                    item,
                    amount=amount,
                    currency=currency,
                    livemode=self.payload["livemode"],
                    description=f"{billed} × API calls",
                    quantity=billed,
                    period=ended,
                )
            )
        return lines

    def pending_lines(self) -> list[Payload]:
        """Take up what waits to be billed."""
        lines = []
        for item in self.pending:
            sold = item["pricing"] and next(
                price
                for price in self.life.world.catalog.prices.values()
                if price["id"] == item["pricing"]["price_details"]["price"]
            )
            lines.append(
                objects.line_item(
                    self.life.identifier("il"),
                    self.payload if item["proration"] else None,
                    None,
                    amount=item["amount"],
                    currency=item["currency"],
                    livemode=item["livemode"],
                    description=item["description"],
                    quantity=item["quantity"],
                    period=(item["period"]["start"], item["period"]["end"]),
                    invoice_item=item["id"],
                    is_proration=item["proration"],
                    price=sold,
                )
            )
        self.pending = []
        return lines

    def running_discounts(self) -> list[Payload]:
        """The discounts that run now."""
        at = self.life.at
        return [one for one in self.payload["discounts"] if one["end"] is None or one["end"] > at]

    def given(self, discount: Payload, amount: int) -> int:
        """What one discount takes off so many minor units."""
        coupon = self.life.world.coupon(discount["source"]["coupon"])
        if coupon["percent_off"] is None:
            return min(amount, int(coupon["amount_off"]))
        share = Decimal(str(coupon["percent_off"])) / 100
        return rounded(share * amount, self.payload["currency"])

    def _discount(self, lines: list[Payload]) -> dict[str, int]:
        """Spread the running discounts over the plan's line. Returns minor units by discount."""
        line = next((one for one in lines if one["amount"] > 0 and one["parent"]["subscription_item_details"]), None)
        if line is None:
            return {}
        left: int = line["amount"]
        given: dict[str, int] = {}
        for discount in self.running_discounts():
            amount = self.given(discount, left)
            if amount:
                given[discount["id"]] = amount
                left -= amount
                self._blame(discount, amount)
        line["discounts"] = list(given)
        line["discount_amounts"] = [{"amount": amount, "discount": one} for one, amount in given.items()]
        if self.stacked is not None and len(given) > 1:
            self.stacked.amount = (self.stacked.amount or 0) + sum(given.values()) - max(given.values())
        return given

    def _blame(self, discount: Payload, amount: int) -> None:
        at = self.life.at
        known = self.overdue_discounts.get(discount["id"])
        if known is not None and at >= known[0]:
            label = known[1]
            label.amount = (label.amount or 0) + amount
            label.detectable_at = label.detectable_at or at + HOUR


def usage_amount(contract: Papers, quantity: int) -> int:
    """What so many API calls cost at the list price, in minor units of the contract's currency."""
    price = contract.life.world.catalog.usage(contract.payload["currency"])
    return rounded(Decimal(price["unit_amount_decimal"]) * quantity, contract.payload["currency"])
