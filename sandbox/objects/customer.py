"""A customer."""

from __future__ import annotations

from .payload import Payload

_SETTINGS: Payload = {
    "custom_fields": None,
    "default_payment_method": None,
    "footer": None,
    "rendering_options": None,
}


def customer(
    customer_id: str,
    name: str,
    email: str,
    address: Payload,
    currency: str,
    at: int,
    *,
    prefix: str,
    livemode: bool = True,
    test_clock: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Payload:
    """A customer without a way to pay. `prefix` begins the numbers of its invoices."""
    return {
        "id": customer_id,
        "object": "customer",
        "address": address,
        "balance": 0,
        "created": at,
        "currency": currency,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": email,
        "invoice_prefix": prefix,
        "invoice_settings": _SETTINGS,
        "livemode": livemode,
        "metadata": metadata or {},
        "name": name,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": test_clock,
    }
