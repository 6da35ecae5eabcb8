"""A line of an invoice."""

from __future__ import annotations

from .payload import Payload


def line_item(
    line_id: str,
    subscription: Payload | None,
    item: Payload | None,
    *,
    amount: int,
    currency: str,
    livemode: bool,
    description: str,
    quantity: int,
    period: tuple[int, int],
    invoice_item: str | None = None,
    is_proration: bool = False,
    price: Payload | None = None,
) -> Payload:
    """A line over `amount` minor units. With `item` it bills a subscription item, else an invoice item."""
    sold = item["price"] if price is None and item is not None else price
    subscription_id = subscription["id"] if subscription is not None else None
    parent: Payload = {
        "invoice_item_details": {
            "invoice_item": invoice_item,
            "proration": is_proration,
            "proration_details": {"credited_items": None},
            "subscription": subscription_id,
        }
        if invoice_item is not None
        else None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": subscription_id,
            "subscription_item": item["id"],
        }
        if item is not None and invoice_item is None
        else None,
        "type": "subscription_item_details" if invoice_item is None else "invoice_item_details",
    }
    return {
        "id": line_id,
        "object": "line_item",
        "amount": amount,
        "currency": currency,
        "description": description,
        "discount_amounts": [],
        "discountable": not is_proration,
        "discounts": [],
        "invoice": None,
        "livemode": livemode,
        "metadata": {},
        "parent": parent,
        "period": {"end": period[1], "start": period[0]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": sold["id"], "product": sold["product"]},
            "type": "price_details",
            "unit_amount_decimal": sold["unit_amount_decimal"],
        }
        if sold is not None
        else None,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription_id,
        "subtotal": amount,
        "taxes": [],
    }
