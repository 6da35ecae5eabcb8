"""Money on its way: charges that succeed or fail, transfers, and how an invoice ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import objects
from sandbox.declines import DECLINES
from sandbox.objects import Payload

from .calendar import DAY
from .money import fee, rate, settled
from .owed import Owed

if TYPE_CHECKING:
    from .contract import Contract
    from .customer import Customer


class Payments:
    """Moves the money of one customer's invoices."""

    def __init__(self, customer: Customer) -> None:
        self.customer, self.life = customer, customer.life
        self.owed = Owed(customer.life)
        self._ties: dict[str, tuple[Payload, Payload]] = {}

    def finalise(self, invoice: Payload) -> None:
        """Give a draft its number; from now on it is owed."""
        life = self.life
        life.change(None, invoice, **objects.finalized(invoice, self.customer.next_number(), life.at))
        life.emit("invoice.finalized", invoice)
        if invoice["collection_method"] == "send_invoice" and invoice["total"]:
            self.owed.owes(invoice, "sent_and_overdue", invoice["due_date"] + 7 * DAY)

    def _tie(self, invoice: Payload) -> tuple[Payload, Payload]:
        known = self._ties.get(invoice["id"])
        if known is None:
            life = self.life
            intent = objects.payment_intent(life.identifier("pi"), invoice, life.at)
            word = "creation" if invoice["billing_reason"] == "subscription_create" else "update"
            intent["description"] = f"Subscription {word}" if invoice["parent"] else f"Payment for {invoice['number']}"
            tie = objects.invoice_payment(life.identifier("inpay"), invoice, intent["id"], life.at)
            life.keep("payment_intent", intent)
            life.keep("invoice_payment", tie)
            life.emit("payment_intent.created", intent, is_quiet=True)
            known = self._ties[invoice["id"]] = (intent, tie)
        elif known[0]["amount"] != invoice["amount_remaining"]:
            # Part was credited since the last try.
            self.life.change(None, known[0], amount=invoice["amount_remaining"])
        return known

    def charge(self, contract: Contract | None, invoice: Payload, method: Payload) -> Payload:
        """The card pays what remains. Returns the charge."""
        life = self.life
        intent, tie = self._tie(invoice)
        made = objects.charge(life.identifier("ch"), intent, method, life.at, decline=None)
        made["calculated_statement_descriptor"] = "LANTERN REPORTS"
        made["balance_transaction"] = self.balance(made, "charge", made["amount"])["id"]
        life.keep("charge", made)
        life.emit("charge.succeeded", made)
        life.change(
            "payment_intent.succeeded",
            intent,
            is_quiet=True,
            amount_received=made["amount"],
            last_payment_error=None,
            latest_charge=made["id"],
            payment_method=method["id"],
            status="succeeded",
        )
        life.change(
            "invoice_payment.paid",
            tie,
            is_quiet=True,
            amount_paid=made["amount"],
            status="paid",
            status_transitions={**tie["status_transitions"], "paid_at": life.at},
        )
        count = invoice["attempt_count"] + 1
        self.paid(contract, invoice, attempted=True, attempt_count=count)
        return made

    def fail(
        self, invoice: Payload, method: Payload, code: str, following: int | None, *, is_by_hand: bool = False
    ) -> Payload:
        life = self.life
        intent, _ = self._tie(invoice)
        is_blocked = code == "highest_risk_level"
        made = objects.charge(life.identifier("ch"), intent, method, life.at, decline=code, is_blocked=is_blocked)
        made["calculated_statement_descriptor"] = "LANTERN REPORTS"
        life.keep("charge", made)
        life.emit("charge.failed", made)
        why = DECLINES[code]
        error = {
            "charge": made["id"],
            "code": why.code,
            "decline_code": why.reason,
            "doc_url": f"https://stripe.com/docs/error-codes/{why.code.replace('_', '-')}",
            "message": why.message,
            "type": "card_error",
        }
        status = "requires_action" if code == "authentication_required" else "requires_payment_method"
        life.change(
            "payment_intent.payment_failed",
            intent,
            is_quiet=True,
            payment_method=None,
            latest_charge=made["id"],
            status=status,
            last_payment_error=error,
        )
        # Attempts by hand leave the count and the schedule as they are.
        count = max(invoice["attempt_count"] + (0 if is_by_hand else 1), 1)
        life.change(None, invoice, attempted=True, attempt_count=count, next_payment_attempt=following)
        life.emit("invoice.payment_failed", invoice)
        return made

    def balance(self, source: Payload, kind: str, amount: int) -> Payload:
        """A line of the dollar balance over `amount` in the source's currency, negative for money going out."""
        life = self.life
        exchange = rate(source["currency"], life.at)
        cents = settled(amount, source["currency"], exchange)
        line = objects.balance_transaction(
            life.identifier("txn"),
            source,
            life.at,
            kind,
            amount=cents,
            currency="usd",
            rate=exchange,
            fee=fee(cents, source["currency"]) if kind == "charge" else 0,
        )
        line["status"] = "pending"
        return life.keep("balance_transaction", line)

    def paid(self, contract: Contract | None, invoice: Payload, **changes: Any) -> None:
        life = self.life
        life.change(
            None,
            invoice,
            amount_paid=invoice["amount_paid"] + invoice["amount_remaining"],
            amount_remaining=0,
            auto_advance=False,
            next_payment_attempt=None,
            status="paid",
            status_transitions={**invoice["status_transitions"], "paid_at": life.at},
            **{"attempted": True, **changes},
        )
        life.emit("invoice.paid", invoice)
        self.owed.settled(invoice, "paid late")
        if contract is None:
            return
        if contract.shared is not None:
            given = sum(one["amount"] for one in invoice["total_discount_amounts"])
            if given:
                contract.shared.amount = (contract.shared.amount or 0) + given
                contract.shared.detectable_at = contract.shared.detectable_at or life.at
        if contract.payload["latest_invoice"] == invoice["id"]:
            if contract.payload["status"] in ("past_due", "unpaid", "incomplete"):
                life.change("customer.subscription.updated", contract.payload, status="active")
            self.customer.set_late(is_late=False)

    def take_transfer(self, contract: Contract | None, invoice: Payload) -> None:
        """The money came by bank, and somebody recorded it."""
        self._cancel_intent(invoice)
        outside = invoice["amount_remaining"]
        self.paid(contract, invoice, attempted=invoice["attempted"], amount_paid_off_stripe=outside)
        self.owed.settled(invoice, "paid by bank transfer")

    def void(self, invoice: Payload) -> None:
        """Withdraw it: nobody owes it."""
        life = self.life
        if invoice["status"] == "draft":
            life.change(None, invoice, **objects.finalized(invoice, self.customer.next_number(), life.at))
        self._cancel_intent(invoice)
        transitions = {**invoice["status_transitions"], "voided_at": life.at}
        life.change(
            "invoice.voided",
            invoice,
            status="void",
            auto_advance=False,
            next_payment_attempt=None,
            status_transitions=transitions,
        )
        self.owed.settled(invoice, "voided")

    def write_off(self, invoice: Payload) -> None:
        """Give it up; it can still be paid."""
        self.owed.written_off(invoice)
        transitions = {**invoice["status_transitions"], "marked_uncollectible_at": self.life.at}
        self.life.change(
            "invoice.marked_uncollectible",
            invoice,
            status="uncollectible",
            auto_advance=False,
            next_payment_attempt=None,
            status_transitions=transitions,
        )

    def _cancel_intent(self, invoice: Payload) -> None:
        known = self._ties.get(invoice["id"])
        if known is None:
            return
        life = self.life
        intent, tie = known
        life.change(
            None,
            tie,
            status="canceled",
            status_transitions={**tie["status_transitions"], "canceled_at": life.at},
        )
        life.change(
            "payment_intent.canceled",
            intent,
            is_quiet=True,
            status="canceled",
            canceled_at=life.at,
            cancellation_reason="void_invoice",
        )

    def charge_of(self, invoice: Payload) -> Payload | None:
        """The charge that paid an invoice."""
        known = self._ties.get(invoice["id"])
        return self.life.records["charge"].get(known[0]["latest_charge"]) if known else None
