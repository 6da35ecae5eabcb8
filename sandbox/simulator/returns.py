"""Money that goes back, or is owed no more: refunds, disputes, credit notes."""

from __future__ import annotations

from sandbox import objects
from sandbox.objects import Payload

from .payments import Payments


class Returns(Payments):
    """Gives back what one customer paid."""

    def refund(self, charge: Payload, amount: int) -> Payload:
        """Give back `amount` minor units of a charge."""
        life = self.life
        made = objects.refund(life.identifier("re"), charge, amount, life.at)
        made["balance_transaction"] = self.balance(made, "refund", -amount)["id"]
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
        made["balance_transactions"] = [dict(self.balance(made, "adjustment", -charge["amount"]))]
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
            transactions = [*transactions, dict(self.balance(made, "adjustment", made["amount"]))]
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
        self.owed.credited(invoice)
        return note
