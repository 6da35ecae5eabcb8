"""What ties an invoice to a payment."""

from __future__ import annotations

from .payload import Payload


def invoice_payment(payment_id: str, invoice: Payload, intent_id: str, at: int) -> Payload:
    """What ties an invoice to the intent that pays it."""
    return {
        "id": payment_id,
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_remaining"],
        "created": at,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": invoice["livemode"],
        "payment": {"payment_intent": intent_id, "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
