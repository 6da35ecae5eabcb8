"""What happens after a payment or beside it: refunds, disputes, credit notes, a new card."""

from __future__ import annotations

from .book import DAY, Book, Payload
from .charges import new_transaction

_EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]


def refund(book: Book, charge: Payload, amount: int, at: int) -> Payload:
    """Give back `amount` minor units of a charge."""
    made: Payload = {
        "id": book.identifier("re"),
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
        "reason": "requested_by_customer",
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    made["balance_transaction"] = new_transaction(book, made, at, "refund", -amount)["id"]
    book.put("refund", made)
    total = charge["amount_refunded"] + amount
    book.change("charge.refunded", charge, at, amount_refunded=total, refunded=total == charge["amount"])
    book.emit("refund.created", made, at)
    return made


def dispute(book: Book, charge: Payload, at: int, *, status: str, reason: str = "fraudulent") -> Payload:
    """The cardholder asks the bank for the money back."""
    made: Payload = {
        "id": book.identifier("dp"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": at,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": at + 9 * DAY,
            "enhanced_eligibility": {},
            "has_evidence": status != "needs_response",
            "past_due": False,
            "submission_count": 0 if status == "needs_response" else 1,
        },
        "is_charge_refundable": False,
        "livemode": charge["livemode"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "chargeback",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": status,
    }
    transaction = new_transaction(book, made, at, "adjustment", -charge["amount"])
    made["balance_transactions"] = [transaction]
    book.put("dispute", made)
    charge["disputed"] = True
    book.emit("charge.dispute.created", made, at)
    return made


def credit(book: Book, invoice: Payload, amount: int, at: int, *, memo: str) -> Payload:
    """A credit note over part of an open invoice: less is due from then on."""
    line = invoice["lines"]["data"][0]
    made: Payload = {
        "id": book.identifier("cn"),
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
                    "id": book.identifier("cnli"),
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
            "url": "/v1/credit_notes/lines",
        },
        "livemode": invoice["livemode"],
        "memo": memo,
        "metadata": {},
        "number": f"{invoice['number']}-CN-01",
        "out_of_band_amount": None,
        "pdf": "https://pay.stripe.com/credit_notes/sandbox/pdf",
        "post_payment_amount": 0,
        "pre_payment_amount": amount,
        "pretax_credit_amounts": [],
        "reason": "order_change",
        "refunds": [],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "pre_payment",
        "voided_at": None,
    }
    made["lines"]["url"] = f"/v1/credit_notes/{made['id']}/lines"
    book.put("credit_note", made)
    book.emit("credit_note.created", made, at)
    book.change(
        "invoice.updated",
        invoice,
        at,
        amount_due=invoice["amount_due"] - amount,
        amount_remaining=invoice["amount_remaining"] - amount,
        pre_payment_credit_notes_amount=invoice["pre_payment_credit_notes_amount"] + amount,
    )
    return made
