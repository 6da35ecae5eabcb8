"""A line of the balance."""

from __future__ import annotations

from .payload import Payload


def balance_transaction(
    transaction_id: str,
    source: Payload,
    at: int,
    kind: str,
    *,
    amount: int,
    currency: str,
    rate: float | None,
    fee: int,
) -> Payload:
    """A line of the balance. `amount` and `fee` are in minor units of the balance's `currency`."""
    details = {"amount": fee, "application": None, "currency": currency, "type": "stripe_fee"}
    return {
        "id": transaction_id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at + 2 * 86_400,
        "balance_type": "payments",
        "created": at,
        "currency": currency,
        "description": None,
        "exchange_rate": rate,
        "fee": fee,
        "fee_details": [{**details, "description": "Stripe processing fees"}] if fee else [],
        "net": amount - fee,
        "reporting_category": "dispute" if kind == "adjustment" else kind,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }
