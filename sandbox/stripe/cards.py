"""A customer enters a new card, which works."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

from sandbox import objects

from .accounts import Account
from .settlement import Payload, changed

_BRAND, _LAST4, _YEARS = "visa", "4242", 4


def attach_card(account: Account, customer: Payload) -> Payload:
    """Add a card to the customer, with a fingerprint that no other has and so no decline either. Returns it."""
    now = account.clock.now()
    address = customer.get("address") or {}
    method = objects.payment_method(
        account.identifiers.make("pm"),
        {"address": None, "email": None, "name": None, **customer},
        now,
        brand=_BRAND,
        funding="credit",
        fingerprint=account.identifiers.make("fp").removeprefix("fp_")[:16],
        last4=_LAST4,
        expires=(datetime.fromtimestamp(now, UTC).year + _YEARS, 12),
        country=address.get("country") or "US",
    )
    account.store.put(method)
    account.emit("payment_method.attached", method)
    return method


def make_default(account: Account, customer: Payload, method: Payload) -> None:
    """Let the customer's invoices be paid with it; a subscription that names a card of its own keeps that.

    Source: https://docs.stripe.com/customer-management/portal-deep-links (`payment_method_update`).
    """
    before = copy.deepcopy(customer)
    settings = customer.get("invoice_settings") or {}
    customer["invoice_settings"] = {**settings, "default_payment_method": method["id"]}
    account.store.put(customer)
    account.emit("customer.updated", customer, changed(before, customer))
