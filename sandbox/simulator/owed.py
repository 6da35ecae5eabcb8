"""What a customer owes, as labels: noted when a charge fails or an invoice is sent, ended when it is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.objects import Payload

from .refusals import Refusal

if TYPE_CHECKING:
    from .contract import Contract
    from .labels import Label
    from .life import Life


class Owed:
    """The labels of one customer's invoices: by the invoice's id, or `reason:id` where they stand beside."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._labels: dict[str, Label] = {}
        # Test mode is not revenue: what fails there is never a leak.
        self.detects = True

    def blame(self, invoice: Payload, refusal: Refusal, detectable_at: int) -> None:
        """A charge failed for a reason of the story; from `detectable_at` on nothing will mend it by itself."""
        self.owes(invoice, f"{refusal.cause}:{refusal.code}", detectable_at)
        beside = {
            "phantom": "phantom_retry",
            "authentication": "authentication_unfinished",
        }.get(refusal.cause)
        known = f"{beside}:{invoice['id']}"
        if beside and known not in self._labels:
            self._labels[known] = self._life.note(
                beside,
                f"{refusal.cause}:{refusal.code}",
                invoice["id"],
                detectable_at=detectable_at,
                amount=invoice["amount_remaining"],
                before="pending",
                note="the same money as unpaid_invoice of this invoice",
            )

    def owes(self, invoice: Payload, cause: str, detectable_at: int | None) -> None:
        """Something is owed on the invoice; without `detectable_at` it never is a leak."""
        if not self.detects:
            detectable_at = None
        if invoice["id"] not in self._labels:
            self._labels[invoice["id"]] = self._life.note(
                "unpaid_invoice",
                cause,
                invoice["id"],
                detectable_at=detectable_at,
                amount=invoice["amount_remaining"],
                before="pending" if detectable_at and not cause.startswith("sent") else "look_alike",
            )

    def ended(self, contract: Contract) -> None:
        """The subscription is over: Stripe stops collecting what is open, and it stays owed."""
        life = self._life
        for key, label in list(self._labels.items()):
            invoice = life.records["invoice"].get(key)
            if invoice is None or invoice["status"] != "open" or label.detectable_at is None:
                continue
            if invoice["parent"]["subscription_details"]["subscription"] != contract.payload["id"]:
                continue
            life.change("invoice.updated", invoice, auto_advance=False, next_payment_attempt=None)
            if invoice["collection_method"] == "charge_automatically":
                label.detectable_at = min(label.detectable_at, life.at)
            self._labels[f"cancelled:{key}"] = life.note(
                "cancelled_with_open_invoices",
                contract.payload["cancellation_details"]["reason"],
                contract.payload["id"],
                detectable_at=life.at,
                amount=invoice["amount_remaining"],
                note=f"the same money as unpaid_invoice of {key}",
            )

    def settled(self, invoice: Payload, note: str) -> None:
        """What was owed on the invoice is owed no more."""
        for label in self._of(invoice):
            label.ended_at, label.note = self._life.at, note

    def credited(self, invoice: Payload) -> None:
        """Less is owed on the invoice than before."""
        for label in self._of(invoice):
            label.amount = invoice["amount_remaining"]

    def written_off(self, invoice: Payload) -> None:
        """It is given up: no longer open, and still lost."""
        label = self._labels.get(f"cancelled:{invoice['id']}")
        if label is not None:
            label.ended_at, label.note = self._life.at, "written off"

    def beside(self, reason: str, label: Label) -> None:
        """Keep a story's own label, which ends when its invoice is settled."""
        self._labels[f"{reason}:{label.object}"] = label

    def _of(self, invoice: Payload) -> list[Label]:
        return [
            label for key, label in self._labels.items() if key == invoice["id"] or key.endswith(f":{invoice['id']}")
        ]
