"""A subscription and its items."""

from __future__ import annotations

from .payload import Payload

_TEMPLATE: Payload = {
    "application": None,
    "application_fee_percent": None,
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
    "billing_cycle_anchor_config": None,
    "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
    "billing_schedules": [],
    "billing_thresholds": None,
    "cancel_at": None,
    "cancel_at_period_end": False,
    "canceled_at": None,
    "cancellation_details": {"comment": None, "feedback": None, "reason": None},
    "customer_account": None,
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "discounts": [],
    "ended_at": None,
    "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
    "latest_invoice": None,
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
    "transfer_data": None,
}


def subscription(
    subscription_id: str,
    customer: Payload,
    currency: str,
    items: list[Payload],
    at: int,
    *,
    trial_end: int | None = None,
    days_until_due: int | None = None,
    without_method: str = "create_invoice",
    metadata: dict[str, str] | None = None,
) -> Payload:
    """A subscription as it starts: active, or trialing until `trial_end`.

    With `days_until_due` invoices are sent, not charged. `without_method` is what the trial's end does if there is no
    way to pay: create_invoice, pause or cancel.
    """
    return {
        "id": subscription_id,
        "object": "subscription",
        **_TEMPLATE,
        "billing_cycle_anchor": trial_end or at,
        "collection_method": "charge_automatically" if days_until_due is None else "send_invoice",
        "created": at,
        "currency": currency,
        "customer": customer["id"],
        "days_until_due": days_until_due,
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "livemode": customer["livemode"],
        "metadata": metadata or {},
        "start_date": at,
        "status": "trialing" if trial_end else "active",
        "test_clock": customer["test_clock"],
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": without_method}},
        "trial_start": at if trial_end else None,
    }


def subscription_item(
    item_id: str, subscription_id: str, price: Payload, quantity: int | None, at: int, period: tuple[int, int]
) -> Payload:
    """One price of a subscription; usage has no quantity."""
    item: Payload = {
        "id": item_id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": at,
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "price": price,
        "subscription": subscription_id,
        "tax_rates": [],
    }
    return item if quantity is None else {**item, "quantity": quantity}
