"""What a payment changes: charge, intent, invoice payment, balance, invoice, subscription, customer and events."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from sandbox import objects

from .accounts import Account
from .ledger import Entry, Ledger

_FEE_SHARE = 0.029
_FEE_FIXED = 30
_OWING = frozenset({"past_due", "unpaid", "incomplete"})
Payload = dict[str, Any]


class Settlement:
    """One attempt to settle an invoice. The ledger hears of moved money before any object shows it.

    `request_id` is None where the customer pays on a page and not the company over the API.
    """

    def __init__(
        self, account: Account, ledger: Ledger, invoice: Payload, request_id: str | None, idempotency_key: str | None
    ) -> None:
        self._account = account
        self._ledger = ledger
        self._invoice = invoice
        self._request_id, self._idempotency_key = request_id, idempotency_key
        self._now = account.clock.now()

    def charge(self, method: Payload) -> None:
        """The card pays what remains."""
        intent, payment = self._intent()
        charge = objects.charge(self._account.identifiers.make("ch"), intent, method, self._now, decline=None)
        self._record(charge["id"], "charge")
        transaction = self._transaction(charge)
        charge["balance_transaction"] = transaction["id"]
        self._account.store.put(transaction)
        self._made("charge.succeeded", charge)
        self._change(
            "payment_intent.succeeded",
            intent,
            amount_received=charge["amount"],
            last_payment_error=None,
            latest_charge=charge["id"],
            next_action=None,
            payment_method=method["id"],
            status="succeeded",
        )
        transitions = {**payment["status_transitions"], "paid_at": self._now}
        self._change(
            "invoice_payment.paid",
            payment,
            amount_paid=charge["amount"],
            status="paid",
            status_transitions=transitions,
        )
        self._paid(charge=charge["id"], intent=intent["id"], counts_attempt=True)

    def pay_outside(self) -> None:
        """The money came elsewhere: nothing is charged, open intents are cancelled."""
        invoice = self._invoice
        self._record(f"out_of_band:{invoice['id']}", "out_of_band")
        for payment in self._open_payments():
            transitions = {**payment["status_transitions"], "canceled_at": self._now}
            self._change(None, payment, status="canceled", status_transitions=transitions)
            intent = self._account.store.get("payment_intent", payment["payment"].get("payment_intent") or "")
            if intent is not None and intent["status"] != "canceled":
                self._change(
                    "payment_intent.canceled",
                    intent,
                    canceled_at=self._now,
                    cancellation_reason="void_invoice",
                    status="canceled",
                )
        outside: Payload = {}
        if "amount_paid_off_stripe" in invoice:
            outside["amount_paid_off_stripe"] = invoice["amount_paid_off_stripe"] + invoice["amount_remaining"]
        if "paid_out_of_band" in invoice:
            outside["paid_out_of_band"] = True
        self._paid(**outside)

    def finish(self) -> None:
        """Nothing remains to be paid: the invoice only changes its status."""
        self._paid()

    def decline(self, method: Payload, reason: str, *, is_blocked: bool, asks: bool) -> tuple[Payload, Payload]:
        """The bank or Stripe says no. `asks`: the cardholder is there to authenticate. Returns charge and intent."""
        intent, _ = self._intent()
        charge = objects.charge(
            self._account.identifiers.make("ch"), intent, method, self._now, decline=reason, is_blocked=is_blocked
        )
        self._made("charge.failed", charge)
        needs_action = asks and reason == "authentication_required"
        error = {
            "charge": charge["id"],
            "code": charge["failure_code"],
            "decline_code": reason,
            "doc_url": f"https://stripe.com/docs/error-codes/{charge['failure_code'].replace('_', '-')}",
            "message": charge["failure_message"],
            "payment_method": method,
            "type": "card_error",
        }
        self._change(
            "payment_intent.requires_action" if needs_action else "payment_intent.payment_failed",
            intent,
            last_payment_error=error,
            latest_charge=charge["id"],
            payment_method=None,
            status="requires_action" if needs_action else "requires_payment_method",
        )
        # Only the first attempt counts: attempts by hand leave the retry schedule as it is.
        first = {"attempt_count": 1} if self._invoice["attempt_count"] == 0 else {}
        self._change_invoice(**first, attempted=True, **self._old_shape(charge["id"], intent["id"]))
        self._note("invoice.payment_failed", self._invoice)
        customer = self._account.store.get("customer", self._invoice["customer"])
        if customer is not None and customer.get("delinquent") is False:
            self._change("customer.updated", customer, delinquent=True)
        return charge, intent

    def _intent(self) -> tuple[Payload, Payload]:
        """The intent that the invoice has open, else a new one; it asks for what remains now."""
        store, identifiers, due = self._account.store, self._account.identifiers, self._invoice["amount_remaining"]
        for payment in self._open_payments():
            intent = store.get("payment_intent", payment["payment"].get("payment_intent") or "")
            if intent is not None and intent["status"] not in ("succeeded", "canceled"):
                if intent["amount"] != due:
                    self._change(None, intent, amount=due)
                return intent, payment
        intent = objects.payment_intent(identifiers.make("pi"), self._invoice, self._now)
        payment = objects.invoice_payment(identifiers.make("inpay"), self._invoice, intent["id"], self._now)
        store.put(payment)
        self._made("payment_intent.created", intent)
        return intent, payment

    def _open_payments(self) -> list[Payload]:
        found = self._account.store.where("invoice_payment", "invoice", self._invoice["id"])
        return [payment for payment in found if payment["status"] == "open"]

    def _record(self, entry_id: str, kind: Any) -> None:
        self._ledger.append(
            Entry(
                id=entry_id,
                kind=kind,
                account=self._account.id,
                invoice=self._invoice["id"],
                customer=self._invoice["customer"],
                amount_minor=self._invoice["amount_remaining"],
                currency=self._invoice["currency"],
                at=self._now,
                idempotency_key=self._idempotency_key,
            )
        )

    def _transaction(self, charge: Payload) -> Payload:
        """The balance line, at the rate of the newest conversion from this currency."""
        conversion = self._account.conversion(charge["currency"])
        amount = round(charge["amount"] * conversion.factor)
        return objects.balance_transaction(
            self._account.identifiers.make("txn"),
            charge,
            self._now,
            "charge",
            amount=amount,
            currency=conversion.currency,
            rate=conversion.rate,
            fee=round(amount * _FEE_SHARE) + _FEE_FIXED,
        )

    def _paid(
        self, *, charge: str | None = None, intent: str | None = None, counts_attempt: bool = False, **more: Any
    ) -> None:
        invoice = self._invoice
        changes: Payload = {
            "amount_paid": invoice["amount_paid"] + invoice["amount_remaining"],
            "amount_remaining": 0,
            "auto_advance": False,
            "next_payment_attempt": None,
            "status": "paid",
            "status_transitions": {**invoice["status_transitions"], "paid_at": self._now},
            **self._old_shape(charge, intent),
            **more,
        }
        if "paid" in invoice:
            changes["paid"] = True
        if counts_attempt:
            changes["attempted"] = True
            changes["attempt_count"] = max(invoice["attempt_count"], 1)
        self._change_invoice(**changes)
        self._note("invoice.paid", invoice)
        self._note("invoice.payment_succeeded", invoice)
        self._revive()

    def _old_shape(self, charge: str | None, intent: str | None) -> Payload:
        """Before basil (2025-03) the invoice itself named its charge and intent."""
        named = {"charge": charge, "payment_intent": intent}
        return {name: value for name, value in named.items() if name in self._invoice and value is not None}

    def _revive(self) -> None:
        """A subscription whose newest invoice is paid is active again, its customer no longer late."""
        store = self._account.store
        subscription = store.get("subscription", subscription_id(self._invoice) or "")
        if subscription is None:
            return
        if subscription["status"] in _OWING and subscription.get("latest_invoice") == self._invoice["id"]:
            self._change("customer.subscription.updated", subscription, status="active")
        customer = store.get("customer", self._invoice["customer"])
        if customer is not None and customer.get("delinquent") is True:
            self._change("customer.updated", customer, delinquent=False)

    def _change_invoice(self, **changes: Any) -> None:
        self._change("invoice.updated", self._invoice, **changes)

    def _made(self, kind: str, payload: Payload) -> None:
        self._account.store.put(payload)
        self._note(kind, payload)

    def _note(self, kind: str, payload: Payload, previous: Payload | None = None) -> None:
        self._account.emit(kind, payload, previous, request_id=self._request_id, idempotency_key=self._idempotency_key)

    def _change(self, kind: str | None, payload: Payload, **changes: Any) -> None:
        before = copy.deepcopy(payload)
        payload.update(changes)
        self._account.store.put(payload)
        previous = changed(before, payload)
        if kind is not None and previous:
            is_update = kind.endswith(".updated")
            self._note(kind, payload, previous if is_update else None)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Payload:
    """The old values of what differs: of a hash only the keys that do, of a list the whole."""
    previous: Payload = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            previous[name] = changed(old, new)
        else:
            previous[name] = old
    return previous


def subscription_id(invoice: Mapping[str, Any]) -> str | None:
    """The subscription that an invoice belongs to, in the old shape or the new."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    found = details.get("subscription") or invoice.get("subscription")
    return found["id"] if isinstance(found, dict) else found
