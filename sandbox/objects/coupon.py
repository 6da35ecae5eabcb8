"""Coupons and the codes that people type."""

from __future__ import annotations

from .payload import Payload


def coupon(coupon_id: str, name: str, at: int, **values: object) -> Payload:
    """A coupon that never ends unless `values` say otherwise; amounts are in minor units of its currency."""
    return {
        "id": coupon_id,
        "object": "coupon",
        "amount_off": None,
        "created": at,
        "currency": None,
        "duration": "forever",
        "duration_in_months": None,
        "livemode": True,
        "max_redemptions": None,
        "metadata": {},
        "name": name,
        "percent_off": None,
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
        **values,
    }


def promotion_code(code_id: str, code: str, coupon_id: str, at: int, *, is_for_new: bool, **values: object) -> Payload:
    """A code for a coupon; `is_for_new` asks for a customer's first payment."""
    return {
        "id": code_id,
        "object": "promotion_code",
        "active": True,
        "code": code,
        "created": at,
        "customer": None,
        "customer_account": None,
        "expires_at": None,
        "livemode": True,
        "max_redemptions": None,
        "metadata": {},
        "promotion": {"coupon": coupon_id, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": is_for_new,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
        "times_redeemed": 0,
        **values,
    }
