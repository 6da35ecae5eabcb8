"""An invoice: a draft when it is made, open when it is finalised."""

from __future__ import annotations

from .payload import Payload

_SELF: Payload = {"type": "self"}
_TAX: Payload = {"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None}
_SETTINGS: Payload = {"default_mandate": None, "payment_method_options": None, "payment_method_types": None}
_TRANSITIONS: Payload = {"finalized_at": None, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None}
_TEMPLATE: Payload = {
    "account_country": "US",
    "account_tax_ids": None,
    "amount_overpaid": 0,
    "amount_paid": 0,
    "amount_paid_off_stripe": 0,
    "amount_shipping": 0,
    "application": None,
    "attempt_count": 0,
    "attempted": False,
    "automatic_tax": _TAX,
    "custom_fields": None,
    "customer_account": None,
    "customer_phone": None,
    "customer_shipping": None,
    "customer_tax_exempt": "none",
    "customer_tax_ids": [],
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "effective_at": None,
    "ending_balance": None,
    "footer": None,
    "from_invoice": None,
    "hosted_invoice_url": None,
    "invoice_pdf": None,
    "issuer": _SELF,
    "last_finalization_error": None,
    "latest_revision": None,
    "metadata": {},
    "next_payment_attempt": None,
    "number": None,
    "on_behalf_of": None,
    "payment_settings": _SETTINGS,
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "starting_balance": 0,
    "statement_descriptor": None,
    "status": "draft",
    "status_transitions": _TRANSITIONS,
    "total_pretax_credit_amounts": [],
    "total_taxes": [],
    "webhooks_delivered_at": None,
}


def invoice(
    invoice_id: str,
    company: str,
    customer: Payload,
    subscription: Payload | None,
    lines: list[Payload],
    at: int,
    *,
    reason: str,
    period: tuple[int, int],
    discounts: dict[str, int] | None = None,
    auto_advance: bool = True,
) -> Payload:
    """A draft over its lines less `discounts` (minor units by discount), all in the lines' currency."""
    subtotal = sum(line["amount"] for line in lines)
    given = [{"amount": amount, "discount": one} for one, amount in (discounts or {}).items()]
    total = subtotal - sum((discounts or {}).values())
    for line in lines:
        line["invoice"] = invoice_id
    sends = subscription is not None and subscription["collection_method"] == "send_invoice"
    return {
        "id": invoice_id,
        "object": "invoice",
        **_TEMPLATE,
        "account_name": company,
        "amount_due": total,
        "amount_remaining": total,
        "auto_advance": auto_advance,
        "automatically_finalizes_at": at + 3_600 if auto_advance else None,
        "billing_reason": reason,
        "collection_method": "send_invoice" if sends else "charge_automatically",
        "created": at,
        "currency": lines[0]["currency"],
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "discounts": list(discounts or ()),
        "due_date": at + subscription["days_until_due"] * 86_400 if sends and subscription is not None else None,
        "lines": {
            "object": "list",
            "data": lines,
            "has_more": False,
            "url": f"/v1/invoices/{invoice_id}/lines",
        },
        "livemode": customer["livemode"],
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": subscription["metadata"], "subscription": subscription["id"]},
            "type": "subscription_details",
        }
        if subscription is not None
        else None,
        "period_end": period[1],
        "period_start": period[0],
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "test_clock": customer["test_clock"],
        "total": total,
        "total_discount_amounts": given,
        "total_excluding_tax": total,
    }


def finalized(draft: Payload, number: str, at: int) -> Payload:
    """What changes when a draft becomes an open invoice with this number."""
    return {
        "automatically_finalizes_at": None,
        "effective_at": at,
        "ending_balance": 0,
        "hosted_invoice_url": f"https://invoice.stripe.com/i/sandbox/{draft['id']}",
        "number": number,
        "status": "open",
        "status_transitions": {**draft["status_transitions"], "finalized_at": at},
        "webhooks_delivered_at": at,
    }
