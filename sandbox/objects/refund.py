"""Money given back."""

from __future__ import annotations

from .payload import Payload


def refund(refund_id: str, charge: Payload, amount: int, at: int, *, reason: str = "requested_by_customer") -> Payload:
    """A refund of `amount` minor units of a charge."""
    return {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": at,
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference": "0000000000000000",
                "reference_status": "available",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
