"""How invoices become money: finalised, charged or awaited, tried again, given up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sandbox.objects import Payload

from .calendar import DAY, HOUR
from .refusals import BAD_DAY_SHARE, BAD_DAYS, NEVER_RETRIED, Refusal
from .returns import Returns

if TYPE_CHECKING:
    from .contract import Contract
    from .customer import Customer
    from .life import Process

# Days after the first attempt on which Stripe tries again: eight tries in two weeks.
_RETRY_DAYS = (2, 4, 5, 7, 9, 11, 14)


class Till(Returns):
    """Collects the invoices of one customer."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(customer)
        self.refusals: list[Refusal] = []
        self.ends_as = "past_due"
        self.has_bad_days = False
        self.transfer_days: float = 12
        self.gives_up_days: int | None = None

    def collect(self, contract: Contract, invoice: Payload, *, is_first: bool = False) -> Process:
        """Finalise an invoice, then charge it, or wait for the transfer where it was sent."""
        life = self.life
        if invoice["status"] == "draft":
            if not invoice["auto_advance"]:
                return
            yield life.at + HOUR + life.random.randrange(600)
            if invoice["status"] != "draft" or not invoice["auto_advance"]:
                return
            self.finalise(invoice)
        if invoice["amount_remaining"] == 0 and invoice["status"] == "open":
            self.paid(contract, invoice)
        if invoice["status"] != "open":
            return
        if invoice["collection_method"] == "send_invoice":
            yield from self._await_transfer(contract, invoice)
            return
        yield life.at + 2 + life.random.randrange(6)
        if is_first:
            yield from self._first_charge(contract, invoice)
        else:
            yield from self._charge(contract, invoice)

    def _await_transfer(self, contract: Contract, invoice: Payload) -> Process:
        life = self.life
        if invoice["due_date"] < life.at + self.transfer_days * DAY and contract.payload["status"] == "active":
            yield int(invoice["due_date"])
            if invoice["status"] == "open" and not contract.is_ended:
                life.change("customer.subscription.updated", contract.payload, status="past_due")
        if math.isinf(self.transfer_days):
            return
        yield int(invoice["created"] + self.transfer_days * DAY + life.random.randrange(8 * HOUR))
        if invoice["status"] == "open":
            self.take_transfer(contract, invoice)

    def _first_charge(self, contract: Contract, invoice: Payload) -> Process:
        """Whoever signs up has 23 hours to pay the first invoice; after that nothing is owed."""
        life = self.life
        method = self.method(contract)
        code = self.refused(method, life.at)
        if code is None:
            self.charge(contract, invoice, method)
            return
        self.fail(invoice, method, code.code, None)
        life.change("customer.subscription.updated", contract.payload, status="incomplete")
        self.owed.owes(invoice, f"sign_up_{code.code}", None)
        yield invoice["created"] + 23 * HOUR
        if invoice["status"] == "open":
            self.void(invoice)
            life.change(
                "customer.subscription.updated", contract.payload, status="incomplete_expired", ended_at=life.at
            )

    def _charge(self, contract: Contract, invoice: Payload) -> Process:
        life = self.life
        first = life.at
        if self.has_bad_days and life.random.random() < BAD_DAY_SHARE:
            until = first + life.random.choice((1.5, 1.5, 3, 4.5, 8)) * DAY
            self.refusals.append(Refusal(life.random.choice(BAD_DAYS), "bad_day", first, until))
        times = [first, *(first + day * DAY + life.random.randrange(-6, 1) * HOUR for day in _RETRY_DAYS)]
        failed_with: str | None = None
        for number, at in enumerate(times):
            if number:
                yield at
            if invoice["status"] != "open" or (number and contract.is_ended):
                return
            following = times[number + 1] if number + 1 < len(times) else None
            method = self.method(contract)
            refusal = self.refused(method, life.at)
            if refusal is None:
                self.charge(contract, invoice, method)
                return
            if failed_with == method["id"] and refusal.code in NEVER_RETRIED:
                count = invoice["attempt_count"] + 1
                life.change("invoice.updated", invoice, attempt_count=count, next_payment_attempt=following)
            else:
                self.fail(invoice, method, refusal.code, following)
                self.owed.blame(invoice, refusal, first if refusal.code in NEVER_RETRIED else times[-1])
            failed_with = method["id"]
            if number == 0:
                self.customer.set_late(is_late=True)
                if contract.payload["status"] == "active":
                    life.change("customer.subscription.updated", contract.payload, status="past_due")
        self._exhausted(contract)
        if self.gives_up_days is not None:
            yield life.at + self.gives_up_days * DAY
            if invoice["status"] == "open":
                self.write_off(invoice)

    def _exhausted(self, contract: Contract) -> None:
        if contract.is_ended or self.ends_as == "past_due":
            return
        if self.ends_as == "canceled":
            contract.cancel("payment_failed")
        else:
            self.life.change("customer.subscription.updated", contract.payload, status=self.ends_as)

    def method(self, contract: Contract) -> Payload:
        """The card that a subscription is charged to: its own, else the customer's."""
        named = contract.payload["default_payment_method"]
        wanted = named or self.customer.payload["invoice_settings"]["default_payment_method"]
        return self.life.records["payment_method"][wanted]

    def refused(self, method: Payload, at: int) -> Refusal | None:
        """Why the bank declines a card at that time, if it does."""
        for refusal in self.refusals:
            if refusal.since <= at < refusal.until and refusal.method in (None, method["id"]):
                return refusal
        return None

    def retry_now(self, contract: Contract, invoice: Payload) -> None:
        """Somebody pays an open invoice by hand, as the customer portal lets them."""
        if invoice["status"] == "open":
            method = self.method(contract)
            refusal = self.refused(method, self.life.at)
            if refusal is None:
                self.charge(contract, invoice, method)
            else:
                self.fail(invoice, method, refusal.code, invoice["next_payment_attempt"], is_by_hand=True)
