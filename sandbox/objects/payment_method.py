"""A card on file."""

from __future__ import annotations

from .payload import Payload

_CHECKS: Payload = {"address_line1_check": "pass", "address_postal_code_check": "pass", "cvc_check": "pass"}


def payment_method(
    method_id: str,
    customer: Payload,
    at: int,
    *,
    brand: str,
    funding: str,
    fingerprint: str,
    last4: str,
    expires: tuple[int, int],
    country: str,
) -> Payload:
    """A card of the customer; `expires` is year and month."""
    return {
        "id": method_id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": customer["address"],
            "email": customer["email"],
            "name": customer["name"],
            "phone": None,
            "tax_id": None,
        },
        "card": {
            "brand": brand,
            "checks": _CHECKS,
            "country": country,
            "display_brand": brand,
            "exp_month": expires[1],
            "exp_year": expires[0],
            "fingerprint": fingerprint,
            "funding": funding,
            "generated_from": None,
            "last4": last4,
            "networks": {"available": [brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": at,
        "customer": customer["id"],
        "customer_account": None,
        "livemode": customer["livemode"],
        "metadata": {},
        "type": "card",
    }
