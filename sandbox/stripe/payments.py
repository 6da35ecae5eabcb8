"""`POST /v1/invoices/{id}/pay`: which invoice may be paid, with what, and how the answer to a decline reads.

Source: https://docs.stripe.com/api/invoices/pay; the order of payment methods from
https://docs.stripe.com/billing/subscriptions/payment-methods-setting. A paid or void invoice is refused without an
error code, as the API does.
"""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.declines import DECLINES, Decline

from .endpoints import Call, Endpoint
from .errors import StripeError
from .expand import served
from .parameters import BOOLEAN, STRING, STRINGS
from .resources import BY_NAME
from .settlement import Settlement, subscription_id
from .shapes import listed
from .stand_in import StandIn

_PARAMETERS = {
    "expand": STRINGS,
    "forgive": BOOLEAN,
    "mandate": STRING,
    "off_session": BOOLEAN,
    "paid_out_of_band": BOOLEAN,
    "payment_method": STRING,
    "source": STRING,
}
_PAYABLE = frozenset({"open", "uncollectible"})
_REFUSED = {
    "paid": "Invoice is already paid",
    "void": "This invoice is void and can no longer be paid.",
    "draft": "This invoice is a draft: finalize it before you pay it.",
}
_BLOCKED_BY_RADAR = frozenset({"highest_risk_level"})


def pay_endpoints(stand_in: StandIn) -> list[Endpoint]:
    """The endpoints that move money."""

    def pay(call: Call) -> bytes:
        return _pay(stand_in, call)

    return [Endpoint("POST", "/v1/invoices/{id}/pay", "invoice", _PARAMETERS, pay, is_write=True)]


def _pay(stand_in: StandIn, call: Call) -> bytes:
    store = call.account.store
    invoice = call.record(BY_NAME["invoice"], call.path_params["id"], "invoice").payload()
    if invoice["status"] not in _PAYABLE:
        raise StripeError(400, _REFUSED[invoice["status"]])
    settlement = Settlement(call.account, stand_in.ledger, invoice, call.request_id, call.idempotency_key)
    if call.given.get("paid_out_of_band"):
        if "payment_method" in call.given or "source" in call.given:
            raise StripeError(400, "An invoice that is paid out of band is not charged: pass no payment method.")
        settlement.pay_outside()
    elif invoice["amount_remaining"] == 0:
        settlement.finish()
    else:
        method = _method(call, invoice)
        decline = _decline(stand_in, method)
        if decline is None:
            settlement.charge(method)
        else:
            is_on_session = call.given.get("off_session") is False
            charge, intent = settlement.decline(
                method, decline.reason, is_blocked=decline.reason in _BLOCKED_BY_RADAR, asks=is_on_session
            )
            raise _card_error(decline, charge, listed(intent), is_on_session=is_on_session)
    record = store.tables["invoice"].by_id[invoice["id"]]
    return orjson.dumps(call.expanded([served(record)], in_list=False)[0])


def _method(call: Call, invoice: dict[str, Any]) -> dict[str, Any]:
    """The payment method to charge: the one that is asked for, else the first in Stripe's order."""
    methods = BY_NAME["payment_method"]
    asked = call.given.get("payment_method") or call.given.get("source")
    if asked:
        param = "payment_method" if "payment_method" in call.given else "source"
        method = call.record(methods, asked, param, status=400).payload()
        if method.get("customer") != invoice["customer"]:
            raise StripeError(
                400,
                f"The customer does not have a payment method with the ID {asked}. The payment method must be "
                "attached to the customer.",
                code="resource_missing",
                param=param,
            )
        return method
    store = call.account.store
    customer = store.get("customer", invoice["customer"]) or {}
    subscription = store.get("subscription", subscription_id(invoice) or "") or {}
    order = (
        invoice.get("default_payment_method"),
        invoice.get("default_source"),
        subscription.get("default_payment_method"),
        subscription.get("default_source"),
        (customer.get("invoice_settings") or {}).get("default_payment_method"),
        customer.get("default_source"),
    )
    for candidate in order:
        found = store.get("payment_method", candidate) if candidate else None
        if found is not None:
            return found
    raise StripeError(
        400,
        "This customer has no attached payment source or default payment method. Please consider adding a default "
        "payment method. For more information, visit "
        "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.",
    )


def _decline(stand_in: StandIn, method: dict[str, Any]) -> Decline | None:
    """What the bank says: set per card by tests, or on the payment method as metadata `sandbox_decline`."""
    fingerprint = (method.get("card") or {}).get("fingerprint")
    code = stand_in.declines.get(fingerprint or "") or (method.get("metadata") or {}).get("sandbox_decline")
    return DECLINES.get(code, Decline(code)) if code else None


def _card_error(why: Decline, charge: dict[str, Any], intent: dict[str, Any], *, is_on_session: bool) -> StripeError:
    code, message = why.code, why.message
    if is_on_session and why.code == "authentication_required":
        code = "invoice_payment_intent_requires_action"
        message = "This payment requires additional user action before it can be completed successfully."
    return StripeError(
        402,
        message,
        kind="card_error",
        code=code,
        decline_code=why.reason,
        advice_code=why.advice,
        network_decline_code=why.network,
        network_advice_code=why.network_advice,
        charge=charge["id"],
        payment_intent=intent,
    )
