"""A credit note: less is owed on an invoice."""

from __future__ import annotations

from .payload import Payload


def credit_note(
    note_id: str, line_id: str, invoice: Payload, amount: int, at: int, *, memo: str, refunded: Payload | None = None
) -> Payload:
    """A note over `amount` minor units: of what is still due, or with `refunded` of what was paid."""
    line = invoice["lines"]["data"][0]
    after = amount if refunded is not None else 0
    refunds = (
        []
        if refunded is None
        else [{"amount_refunded": amount, "payment_record_refund": None, "refund": refunded["id"], "type": "refund"}]
    )
    return {
        "id": note_id,
        "object": "credit_note",
        "amount": amount,
        "amount_shipping": 0,
        "created": at,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": at,
        "invoice": invoice["id"],
        "lines": {
            "object": "list",
            "data": [
                {
                    "id": line_id,
                    "object": "credit_note_line_item",
                    "amount": amount,
                    "description": memo,
                    "discount_amount": 0,
                    "discount_amounts": [],
                    "invoice_line_item": line["id"],
                    "livemode": invoice["livemode"],
                    "metadata": {},
                    "pretax_credit_amounts": [],
                    "quantity": None,
                    "tax_rates": [],
                    "taxes": [],
                    "type": "invoice_line_item",
                    "unit_amount": None,
                    "unit_amount_decimal": None,
                }
            ],
            "has_more": False,
            "url": f"/v1/credit_notes/{note_id}/lines",
        },
        "livemode": invoice["livemode"],
        "memo": memo,
        "metadata": {},
        "number": f"{invoice['number']}-CN-01",
        "out_of_band_amount": None,
        "pdf": "https://pay.stripe.com/credit_notes/sandbox/pdf",
        "post_payment_amount": after,
        "pre_payment_amount": amount - after,
        "pretax_credit_amounts": [],
        "reason": "order_change",
        "refunds": refunds,
        "shipping_cost": None,
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "post_payment" if refunded is not None else "pre_payment",
        "voided_at": None,
    }
