"""Lets a charge fail on request."""

from __future__ import annotations

from sandbox.objects import Payload

from .contract import Contract
from .customer import Customer
from .refusals import Refusal

_CODE = "insufficient_funds"


class NothingToChargeError(ValueError):
    """The customer has no subscription that is paid by card; the text says so."""


def fail_next_charge(customer: Customer) -> Payload:
    """Try the open invoice again, or bill the next period now, with a card that is declined from now on.

    Returns the invoice. Raises NothingToChargeError.
    """
    contract = _running(customer)
    life, till = customer.life, customer.till
    method = till.method(contract)
    till.refusals.insert(0, Refusal(_CODE, "on_request", life.at, method=method["id"]))
    for invoice in reversed(list(life.records.get("invoice", {}).values())):
        if invoice["status"] == "open" and invoice["collection_method"] == "charge_automatically":
            till.retry_now(contract, invoice)
            return invoice
    made = contract.renew(is_early=True)
    if made is None or not made["amount_remaining"]:
        raise NothingToChargeError(f"{customer.payload['id']} has nothing to pay: its plan or its discount is free.")
    return made


def _running(customer: Customer) -> Contract:
    for contract in reversed(customer.contracts):
        is_charged = contract.payload["collection_method"] == "charge_automatically"
        is_paused = contract.payload["status"] in ("paused", "unpaid") or contract.payload["pause_collection"]
        if not contract.is_ended and is_charged and not is_paused and contract.price["unit_amount"]:
            if not customer.methods:
                break
            return contract
    raise NothingToChargeError(
        f"{customer.payload['id']} has no running subscription that a card pays; choose another customer."
    )
