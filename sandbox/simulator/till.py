"""How invoices become money: finalising, attempts, retries, what the bank says, transfers, refunds, disputes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox import objects
from sandbox.declines import DECLINES
from sandbox.objects import Payload

from .calendar import DAY, HOUR
from .money import fee, rate, settled

if TYPE_CHECKING:
    from .contract import Contract
    from .customer import Customer
    from .labels import Label
    from .life import Process

# Codes after which Stripe plans retries and makes none until there is another card:
# https://docs.stripe.com/billing/revenue-recovery/smart-retries
NEVER_RETRIED = frozenset({
    "incorrect_number", "lost_card", "pickup_card", "stolen_card", "revocation_of_authorization",
    "revocation_of_all_authorizations", "authentication_required", "highest_risk_level", "transaction_not_allowed",
})  # fmt: skip
# Days after the first attempt on which Stripe tries again: eight tries in two weeks.
_RETRY_DAYS = (2, 4, 5, 7, 9, 11, 14)
# A bad day of a good card: how often, and what the bank says then.
_BAD_DAY_SHARE = 0.03
_BAD_DAYS = (
    "insufficient_funds", "insufficient_funds", "insufficient_funds", "do_not_honor", "generic_decline",
    "generic_decline", "try_again_later", "card_velocity_exceeded", "processing_error", "issuer_not_available",
)  # fmt: skip


@dataclass(slots=True)
class Refusal:
    """From `since` until `until` a card is declined by `code`; `method` None means whatever card."""

    code: str
    cause: str
    since: int
    until: float = math.inf
    method: str | None = None


class Till:
    """Collects the invoices of one customer."""

    def __init__(self, customer: Customer) -> None:
        self.customer, self.life = customer, customer.life
        self.refusals: list[Refusal] = []
        self.ends_as = "past_due"
        self.has_bad_days = False
        # Test mode is not revenue: what fails there is never a leak.
        self.detects = True
        self.transfer_days: float = 12
        self.gives_up_days: int | None = None
        self.owed: dict[str, Label] = {}
        self._ties: dict[str, tuple[Payload, Payload]] = {}

    # An invoice's way

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
            self._paid(contract, invoice)
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

    def finalise(self, invoice: Payload) -> None:
        """Give a draft its number; from now on it is owed."""
        life = self.life
        life.change(None, invoice, **objects.finalized(invoice, self.customer.next_number(), life.at))
        life.emit("invoice.finalized", invoice)
        if invoice["collection_method"] == "send_invoice" and invoice["total"]:
            self._owes(invoice, "sent_and_overdue", invoice["due_date"] + 7 * DAY)

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
        self._fail(invoice, method, code.code, None)
        life.change("customer.subscription.updated", contract.payload, status="incomplete")
        self._owes(invoice, f"sign_up_{code.code}", None)
        yield invoice["created"] + 23 * HOUR
        if invoice["status"] == "open":
            self.void(invoice)
            life.change(
                "customer.subscription.updated", contract.payload, status="incomplete_expired", ended_at=life.at
            )

    def _charge(self, contract: Contract, invoice: Payload) -> Process:
        life = self.life
        first = life.at
        if self.has_bad_days and life.random.random() < _BAD_DAY_SHARE:
            until = first + life.random.choice((1.5, 1.5, 3, 4.5, 8)) * DAY
            self.refusals.append(Refusal(life.random.choice(_BAD_DAYS), "bad_day", first, until))
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
                self._fail(invoice, method, refusal.code, following)
                self._blame(invoice, refusal, first if refusal.code in NEVER_RETRIED else times[-1])
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

    def _blame(self, invoice: Payload, refusal: Refusal, detectable_at: int) -> None:
        self._owes(invoice, f"{refusal.cause}:{refusal.code}", detectable_at)
        beside = {
            "phantom": "phantom_retry",
            "authentication": "authentication_unfinished",
        }.get(refusal.cause)
        known = f"{beside}:{invoice['id']}"
        if beside and known not in self.owed:
            self.owed[known] = self.life.note(
                beside,
                f"{refusal.cause}:{refusal.code}",
                invoice["id"],
                detectable_at=detectable_at,
                amount=invoice["amount_remaining"],
                before="pending",
                note="the same money as unpaid_invoice of this invoice",
            )

    def _owes(self, invoice: Payload, cause: str, detectable_at: int | None) -> None:
        if not self.detects:
            detectable_at = None
        if invoice["id"] not in self.owed:
            self.owed[invoice["id"]] = self.life.note(
                "unpaid_invoice",
                cause,
                invoice["id"],
                detectable_at=detectable_at,
                amount=invoice["amount_remaining"],
                before="pending" if detectable_at and not cause.startswith("sent") else "look_alike",
            )

    def ended(self, contract: Contract) -> None:
        """The subscription is over: Stripe stops collecting what is open, and it stays owed."""
        life = self.life
        for key, label in list(self.owed.items()):
            invoice = life.records["invoice"].get(key)
            if invoice is None or invoice["status"] != "open" or label.detectable_at is None:
                continue
            if invoice["parent"]["subscription_details"]["subscription"] != contract.payload["id"]:
                continue
            life.change("invoice.updated", invoice, auto_advance=False, next_payment_attempt=None)
            if invoice["collection_method"] == "charge_automatically":
                label.detectable_at = min(label.detectable_at, life.at)
            self.owed[f"cancelled:{key}"] = life.note(
                "cancelled_with_open_invoices",
                contract.payload["cancellation_details"]["reason"],
                contract.payload["id"],
                detectable_at=life.at,
                amount=invoice["amount_remaining"],
                note=f"the same money as unpaid_invoice of {key}",
            )

    def settled_otherwise(self, invoice: Payload, note: str) -> None:
        """What was owed on the invoice is owed no more."""
        for key, label in self.owed.items():
            if key == invoice["id"] or key.endswith(f":{invoice['id']}"):
                label.ended_at, label.note = self.life.at, note

    def _exhausted(self, contract: Contract) -> None:
        if contract.is_ended or self.ends_as == "past_due":
            return
        if self.ends_as == "canceled":
            contract.cancel("payment_failed")
        else:
            self.life.change("customer.subscription.updated", contract.payload, status=self.ends_as)

    # Cards and what the bank says

    def method(self, contract: Contract) -> Payload:
        named = contract.payload["default_payment_method"]
        wanted = named or self.customer.payload["invoice_settings"]["default_payment_method"]
        return self.life.records["payment_method"][wanted]

    def refused(self, method: Payload, at: int) -> Refusal | None:
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
                self._fail(invoice, method, refusal.code, invoice["next_payment_attempt"], is_by_hand=True)

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
        made["balance_transaction"] = self._balance(made, "charge", made["amount"])["id"]
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
        self._paid(contract, invoice, attempted=True, attempt_count=count)
        return made

    def _fail(
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

    def _balance(self, source: Payload, kind: str, amount: int) -> Payload:
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

    # Ends

    def _paid(self, contract: Contract | None, invoice: Payload, **changes: Any) -> None:
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
        self.settled_otherwise(invoice, "paid late")
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
        self._paid(contract, invoice, attempted=invoice["attempted"], amount_paid_off_stripe=outside)
        self.settled_otherwise(invoice, "paid by bank transfer")

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
        self.settled_otherwise(invoice, "voided")

    def write_off(self, invoice: Payload) -> None:
        """Give it up; it can still be paid."""
        known = self.owed.get(f"cancelled:{invoice['id']}")
        if known is not None:
            known.ended_at, known.note = self.life.at, "written off"
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

    def refund(self, charge: Payload, amount: int) -> Payload:
        """Give back `amount` minor units of a charge."""
        life = self.life
        made = objects.refund(life.identifier("re"), charge, amount, life.at)
        made["balance_transaction"] = self._balance(made, "refund", -amount)["id"]
        life.keep("refund", made)
        total = charge["amount_refunded"] + amount
        life.change("charge.refunded", charge, amount_refunded=total, refunded=total == charge["amount"])
        life.emit("refund.created", made, is_quiet=True)
        return made

    def dispute(self, charge: Payload, reason: str) -> Payload:
        """The cardholder asks the bank for the money back."""
        life = self.life
        made = objects.dispute(
            life.identifier("dp"), charge, life.at, status="needs_response", reason=reason, transactions=[]
        )
        made["balance_transactions"] = [dict(self._balance(made, "adjustment", -charge["amount"]))]
        life.keep("dispute", made)
        life.change(None, charge, disputed=True)
        life.emit("charge.dispute.created", made)
        life.emit("charge.updated", charge, {"disputed": False})
        return made

    def decide(self, made: Payload, status: str) -> None:
        """The bank has decided a dispute."""
        details = {**made["evidence_details"], "has_evidence": True, "submission_count": 1}
        at = self.life.at
        transactions = [
            {**line, "status": "available" if line["available_on"] <= at else "pending"}
            for line in made["balance_transactions"]
        ]
        if status == "won":
            transactions = [*transactions, dict(self._balance(made, "adjustment", made["amount"]))]
        self.life.change(
            "charge.dispute.closed",
            made,
            status=status,
            evidence_details=details,
            balance_transactions=transactions,
        )

    def credit(self, invoice: Payload, amount: int, memo: str, *, refunded: Payload | None = None) -> Payload:
        """A credit note: less is due of an open invoice, or a refund of a paid one is explained."""
        life = self.life
        note = objects.credit_note(
            life.identifier("cn"), life.identifier("cnli"), invoice, amount, life.at, memo=memo, refunded=refunded
        )
        life.keep("credit_note", note)
        life.emit("credit_note.created", note)
        if refunded is not None:
            after = invoice["post_payment_credit_notes_amount"] + amount
            life.change("invoice.updated", invoice, post_payment_credit_notes_amount=after)
            return note
        life.change(
            "invoice.updated",
            invoice,
            amount_due=invoice["amount_due"] - amount,
            amount_remaining=invoice["amount_remaining"] - amount,
            pre_payment_credit_notes_amount=invoice["pre_payment_credit_notes_amount"] + amount,
        )
        for key, label in self.owed.items():
            if key == invoice["id"] or key.endswith(f":{invoice['id']}"):
                label.amount = invoice["amount_remaining"]
        return note
