"""What is sold and for how much."""

from __future__ import annotations

from .payload import Payload


def product(product_id: str, name: str, at: int, metadata: dict[str, str], **values: object) -> Payload:
    """A product."""
    return {
        "id": product_id,
        "object": "product",
        "active": True,
        "created": at,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": True,
        "marketing_features": [],
        "metadata": metadata,
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": at,
        "url": None,
        **values,
    }


def price(
    price_id: str,
    product_id: str,
    currency: str,
    interval: str,
    at: int,
    *,
    amount: str,
    nickname: str,
    meter: str | None = None,
    **values: object,
) -> Payload:
    """A recurring price. `amount` is in minor units, as text because usage may cost fractions of one."""
    return {
        "id": price_id,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": at,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": True,
        "lookup_key": None,
        "metadata": {},
        "nickname": nickname,
        "product": product_id,
        "recurring": {
            "interval": interval,
            "interval_count": 1,
            "meter": meter,
            "trial_period_days": None,
            "usage_type": "licensed" if meter is None else "metered",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": int(amount) if "." not in amount else None,
        "unit_amount_decimal": amount,
        **values,
    }
