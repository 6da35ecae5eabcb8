"""Subscriptions and invoices as documents: what is on them before anybody pays."""

from __future__ import annotations

from typing import Any

from .book import Book, Payload, add_months
from .people import address

COMPANY = "Lantern Reports"
_SELF: Payload = {"type": "self"}
_NO_TAX: Payload = {"disabled_reason": None, "enabled": False, "liability": None}


def new_subscription(
    book: Book,
    customer: Payload,
    price: Payload,
    at: int,
    *,
    quantity: int = 1,
    collection: str = "charge_automatically",
    coupon: Payload | None = None,
    trial_end: int | None = None,
    extra_prices: tuple[Payload, ...] = (),
    metadata: dict[str, str] | None = None,
) -> Payload:
    """A subscription in the state in which it starts: active, or trialing until `trial_end`."""
    subscription_id = book.identifier("sub")
    months = 12 if price["recurring"]["interval"] == "year" else 1
    end = trial_end or add_months(at, months)
    items = [_item(book, subscription_id, price, quantity, at, end)]
    items += [_item(book, subscription_id, extra, None, at, end) for extra in extra_prices]
    discounts = [] if coupon is None else [_discount(book, customer, subscription_id, coupon, at)]
    subscription = {
        "id": subscription_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": _NO_TAX,
        "billing_cycle_anchor": trial_end or at,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": collection,
        "created": at,
        "currency": price["currency"],
        "customer": customer["id"],
        "customer_account": None,
        "days_until_due": 30 if collection == "send_invoice" else None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": discounts,
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": _SELF},
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "latest_invoice": None,
        "livemode": customer["livemode"],
        "metadata": metadata or {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": at,
        "status": "trialing" if trial_end else "active",
        "test_clock": customer["test_clock"],
        "transfer_data": None,
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": at if trial_end else None,
    }
    book.put("subscription", subscription)
    book.emit("customer.subscription.created", subscription, at)
    return subscription


def _item(book: Book, subscription_id: str, price: Payload, quantity: int | None, start: int, end: int) -> Payload:
    item: Payload = {
        "id": book.identifier("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": start,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": {},
        "price": {name: value for name, value in price.items() if name != "tiers"},
        "subscription": subscription_id,
        "tax_rates": [],
    }
    return item if quantity is None else {**item, "quantity": quantity}


def _discount(book: Book, customer: Payload, subscription_id: str, coupon: Payload, at: int) -> Payload:
    months = coupon["duration_in_months"]
    return {
        "id": book.identifier("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": customer["id"],
        "customer_account": None,
        "end": None if months is None else add_months(at, months),
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": at,
        "subscription": subscription_id,
        "subscription_item": None,
    }


def new_invoice(
    book: Book,
    customer: Payload,
    subscription: Payload,
    amount: int,
    at: int,
    *,
    reason: str,
    period: tuple[int, int],
    discount: int = 0,
) -> Payload:
    """A finalised, open invoice over `amount` minor units before the discount."""
    invoice_id = book.identifier("in")
    sequence = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = sequence + 1
    total = amount - discount
    sends = subscription["collection_method"] == "send_invoice"
    ids = [one["id"] for one in subscription["discounts"]] if discount else []
    amounts = [{"amount": discount, "discount": ids[0]}] if ids else []
    line = _line(book, invoice_id, subscription, amount, period, amounts)
    invoice: Payload = {
        "id": invoice_id,
        "object": "invoice",
        "account_country": "US",
        "account_name": COMPANY,
        "account_tax_ids": None,
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": total,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {**_NO_TAX, "provider": None, "status": None},
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": subscription["collection_method"],
        "created": at,
        "currency": subscription["currency"],
        "custom_fields": None,
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": address(customer["address"]["country"]),
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": ids,
        "due_date": at + subscription["days_until_due"] * 86_400 if sends else None,
        "effective_at": at,
        "ending_balance": 0,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": f"https://invoice.stripe.com/i/sandbox/{invoice_id}",
        "invoice_pdf": None,
        "issuer": _SELF,
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": {
            "object": "list",
            "data": [line],
            "has_more": False,
            "url": f"/v1/invoices/{invoice_id}/lines",
        },
        "livemode": customer["livemode"],
        "metadata": {},
        "next_payment_attempt": None,
        "number": f"{customer['invoice_prefix']}-{sequence:04d}",
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": subscription["id"]},
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": at,
        "period_start": period[0],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "open",
        "status_transitions": {
            "finalized_at": at,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "test_clock": customer["test_clock"],
        "total": total,
        "total_discount_amounts": amounts,
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": at,
    }
    book.put("invoice", invoice)
    book.emit("invoice.created", invoice, at)
    book.emit("invoice.finalized", invoice, at)
    subscription["latest_invoice"] = invoice_id
    return invoice


def _line(
    book: Book,
    invoice_id: str,
    subscription: Payload,
    amount: int,
    period: tuple[int, int],
    discounts: list[dict[str, Any]],
) -> Payload:
    item = subscription["items"]["data"][0]
    price, quantity = item["price"], item.get("quantity", 1)
    return {
        "id": book.identifier("il"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": f"{quantity} × {price['nickname']}",
        "discount_amounts": discounts,
        "discountable": True,
        "discounts": [one["discount"] for one in discounts],
        "invoice": invoice_id,
        "livemode": subscription["livemode"],
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"end": period[1], "start": period[0]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }
