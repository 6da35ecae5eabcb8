"""One attempt to take money from a card, and what the bank said."""

from __future__ import annotations

from sandbox.declines import APPROVED, DECLINES, Decline

from .payload import Payload


def charge(
    charge_id: str, intent: Payload, card: Payload, at: int, *, decline: str | None, is_blocked: bool = False
) -> Payload:
    """One attempt on a card: succeeded, or declined by the bank, or blocked before it got there."""
    why = APPROVED if decline is None else DECLINES.get(decline, Decline(decline))
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0 if decline else intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": card["billing_details"],
        "calculated_statement_descriptor": None,
        "captured": not decline,
        "created": at,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": why.code or None,
        "failure_message": why.message or None,
        "fraud_details": {},
        "livemode": intent["livemode"],
        "metadata": {},
        "on_behalf_of": None,
        "outcome": _outcome(why, is_blocked),
        "paid": not decline,
        "payment_intent": intent["id"],
        "payment_method": card["id"],
        "payment_method_details": {"card": _card(card, intent["amount"], decline), "type": "card"},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "failed" if decline else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(why: Decline, is_blocked: bool) -> Payload:
    if not why.reason:
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        "advice_code": why.advice,
        "network_advice_code": why.network_advice,
        "network_decline_code": why.network,
        "network_status": "not_sent_to_network" if is_blocked else "declined_by_network",
        "reason": why.reason,
        "risk_level": "highest" if is_blocked else "normal",
        "seller_message": "Stripe blocked this payment as too risky."
        if is_blocked
        else "The bank did not approve the payment.",
        "type": "blocked" if is_blocked else "issuer_declined",
    }


def _card(method: Payload, amount: int, decline: str | None) -> Payload:
    card = method["card"]
    return {
        "amount_authorized": None if decline else amount,
        "authorization_code": None,
        "brand": card["brand"],
        "checks": {"address_line1_check": "pass", "address_postal_code_check": "pass", "cvc_check": None},
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }
