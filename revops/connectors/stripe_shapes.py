"""Where Stripe keeps things in an invoice, in its old shapes and the new ones.

Basil (2025-03) moved payments and the subscription of an invoice; what an endpoint is pinned to, we do not choose.
"""

from collections.abc import Mapping
from typing import Any

_UNDER_WAY = frozenset(("processing", "requires_capture"))


def subscription_of(invoice: Mapping[str, Any]) -> Any:
    """The subscription or its id; None where there is none."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return details.get("subscription") or invoice.get("subscription")


def pause_of(subscription: Any) -> str | None:
    """How collection is paused, None where it is not."""
    pause = subscription.get("pause_collection") if isinstance(subscription, dict) else None
    return (pause or {}).get("behavior")


def payment_intents_of(invoice: Mapping[str, Any]) -> dict[str, Any]:
    """The invoice's payment intents by id, whole where they were expanded."""
    payments = (invoice.get("payments") or {}).get("data") or ()
    given = [(one.get("payment") or {}).get("payment_intent") for one in payments] + [invoice.get("payment_intent")]
    return {one["id"] if isinstance(one, dict) else one: one for one in given if one}


def processing(intent: Any) -> bool:
    """Whether money is on its way by a payment intent."""
    return isinstance(intent, dict) and intent.get("status") in _UNDER_WAY


def payment_method_of(invoice: Mapping[str, Any], subscription: Any, customer: Mapping[str, Any]) -> str | None:
    """What Stripe would charge: the invoice's own, then the subscription's, then the customer's.

    Source: https://docs.stripe.com/billing/subscriptions/payment-methods-setting.
    """
    of_subscription = subscription if isinstance(subscription, dict) else {}
    order = (
        invoice.get("default_payment_method"),
        invoice.get("default_source"),
        of_subscription.get("default_payment_method"),
        of_subscription.get("default_source"),
        (customer.get("invoice_settings") or {}).get("default_payment_method"),
        customer.get("default_source"),
    )
    found = next((one for one in order if one), None)
    return found["id"] if isinstance(found, dict) else found


def charge_of_error(error: Mapping[str, Any]) -> str | None:
    """The charge that a card error speaks of."""
    charge = error.get("charge") or (error.get("payment_intent") or {}).get("latest_charge")
    return charge["id"] if isinstance(charge, dict) else charge


def charge_that_paid(invoice: Mapping[str, Any]) -> str | None:
    """The newest charge of an invoice that was just paid; None where its payments were not expanded."""
    intents = [one for one in payment_intents_of(invoice).values() if isinstance(one, dict)]
    paid = [one for one in intents if one.get("status") == "succeeded" and one.get("latest_charge")]
    newest = max(paid, key=lambda one: one.get("created") or 0, default={})
    charge = newest.get("latest_charge") or invoice.get("charge")
    return charge["id"] if isinstance(charge, dict) else charge
