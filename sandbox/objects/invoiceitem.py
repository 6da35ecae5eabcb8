"""Something to be billed with the next invoice."""

from __future__ import annotations

from .payload import Payload


def invoiceitem(
    item_id: str,
    customer: Payload,
    amount: int,
    currency: str,
    at: int,
    *,
    description: str,
    period: tuple[int, int],
    subscription_item: Payload | None = None,
    price: Payload | None = None,
    quantity: int = 1,
) -> Payload:
    """An item over `amount` minor units. With `subscription_item` it is a proration of it at `price`."""
    parent: Payload | None = None
    pricing: Payload | None = None
    if subscription_item is not None and price is not None:
        parent = {
            "subscription_details": {
                "subscription": subscription_item["subscription"],
                "subscription_item": subscription_item["id"],
            },
            "type": "subscription_details",
        }
        pricing = {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        }
    return {
        "id": item_id,
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "date": at,
        "description": description,
        "discountable": subscription_item is None,
        "discounts": [],
        "invoice": None,
        "livemode": customer["livemode"],
        "metadata": {},
        "net_amount": amount,
        "parent": parent,
        "period": {"end": period[1], "start": period[0]},
        "pricing": pricing,
        "proration": subscription_item is not None,
        "proration_details": {"discount_amounts": []},
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "tax_rates": [],
        "test_clock": customer["test_clock"],
    }
