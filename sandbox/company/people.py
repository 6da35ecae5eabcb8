"""Customers and the cards they pay with."""

from __future__ import annotations

from .book import Book, Payload

_PLACES = {
    "US": ("Portland", "97204", "OR"),
    "DE": ("Hamburg", "20095", None),
    "FR": ("Lyon", "69002", None),
    "JP": ("Osaka", "530-0001", None),
}
_BRANDS = ("visa", "mastercard", "amex")


def address(country: str) -> Payload:
    """An address in the country."""
    city, code, state = _PLACES[country]
    return {
        "city": city,
        "country": country,
        "line1": "1 Market Square",
        "line2": None,
        "postal_code": code,
        "state": state,
    }


def new_customer(
    book: Book,
    name: str,
    country: str,
    currency: str,
    at: int,
    *,
    livemode: bool = True,
    test_clock: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Payload:
    """A customer without a card."""
    slug = "".join(letter for letter in name.lower() if letter.isalnum())
    customer = {
        "id": book.identifier("cus"),
        "object": "customer",
        "address": address(country),
        "balance": 0,
        "created": at,
        "currency": currency,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": f"accounts@{slug}.example",
        "invoice_prefix": book.identifier("coupon").upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
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
    book.put("customer", customer)
    book.emit("customer.created", customer, at)
    return customer


def new_card(book: Book, customer: Payload, at: int, *, is_default: bool = True, expires: int = 2031) -> Payload:
    """A card of the customer; the default one pays unless a subscription names another."""
    method = {
        "id": book.identifier("pm"),
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
            "brand": book.random.choice(_BRANDS),
            "checks": {
                "address_line1_check": "pass",
                "address_postal_code_check": "pass",
                "cvc_check": "pass",
            },
            "country": customer["address"]["country"],
            "display_brand": None,
            "exp_month": 1 + book.random.randrange(12),
            "exp_year": expires,
            "fingerprint": book.identifier("cus")[4:] + "Fp",
            "funding": "credit",
            "generated_from": None,
            "last4": f"{book.random.randrange(10_000):04d}",
            "networks": {"available": ["visa"], "preferred": None},
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
    method["card"]["display_brand"] = method["card"]["brand"]
    method["card"]["networks"]["available"] = [method["card"]["brand"]]
    book.put("payment_method", method)
    book.emit("payment_method.attached", method, at)
    if is_default:
        settings = {**customer["invoice_settings"], "default_payment_method": method["id"]}
        book.change("customer.updated", customer, at, invoice_settings=settings)
    return method
