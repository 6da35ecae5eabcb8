"""A coupon as one subscription holds it."""

from __future__ import annotations

from .payload import Payload


def discount(
    discount_id: str,
    subscription: Payload,
    coupon_id: str,
    at: int,
    *,
    end: int | None,
    promotion_code: str | None = None,
) -> Payload:
    """A discount on a subscription from `at` until `end`; None is for ever."""
    return {
        "id": discount_id,
        "object": "discount",
        "checkout_session": None,
        "customer": subscription["customer"],
        "customer_account": None,
        "end": end,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": promotion_code,
        "source": {"coupon": coupon_id, "type": "coupon"},
        "start": at,
        "subscription": subscription["id"],
        "subscription_item": None,
    }
