"""Links into Stripe's dashboard."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_FOLDERS = {
    "invoice": "invoices",
    "subscription": "subscriptions",
    "customer": "customers",
    "charge": "payments",
    "coupon": "coupons",
    "price": "prices",
    "product": "products",
}


def link(object_type: str, object_id: str, integration: Mapping[str, Any]) -> str | None:
    """The object's page, None for kinds that have no page there.

    `integration` is the row of that table: the account's id leads to the right one of several accounts, which
    with Connect is the connected one; a test-mode object has its page under test.
    """
    folder = _FOLDERS.get(object_type)
    if folder is None:
        return None
    account = str(integration.get("account_id") or "")
    parts = [
        *([quote(account, safe="")] if account else []),
        *(["test"] if integration.get("mode") == "test" else []),
        folder,
        quote(object_id, safe=""),
    ]
    return "https://dashboard.stripe.com/" + "/".join(parts)
