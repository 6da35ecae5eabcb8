"""An account of the sandbox: its objects, its events, and the ids of what it makes."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .shapes import listed
from .store import Store

DEFAULT_VERSION = "2026-05-27.dahlia"
_ALPHABET = string.ascii_letters + string.digits
_TAIL = {"evt": 24, "ch": 24, "pi": 24, "txn": 24, "inpay": 24, "req": 14}


class Identifiers:
    """Ids in Stripe's form; the same seed gives the same ids."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def make(self, prefix: str) -> str:
        """A fresh id, e.g. `ch_3Qk...`."""
        return f"{prefix}_{''.join(self._random.choices(_ALPHABET, k=_TAIL.get(prefix, 24)))}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """From a charge's currency into the balance's: `factor` is between minor units, `rate` what Stripe states."""

    currency: str
    factor: float
    rate: float | None


class Account:
    """One Stripe account. `api_version` is the version its events are rendered at."""

    def __init__(self, account_id: str, store: Store, clock: Clock, identifiers: Identifiers) -> None:
        self.id = store.account.get("id", account_id)
        self.store = store
        self.clock = clock
        self.identifiers = identifiers
        self.on_event: Callable[[Mapping[str, Any]], None] | None = None
        self._conversions: dict[str, Conversion] = {}
        newest = next(store.all("event"), {})
        self.api_version: str = newest.get("api_version") or DEFAULT_VERSION

    def describe(self) -> dict[str, Any]:
        """The `account` object: the loaded one, or what the invoices say of the company."""
        if self.store.account:
            return self.store.account
        invoice = next(self.store.all("invoice"), {})
        return {
            "id": self.id,
            "object": "account",
            "business_type": "company",
            "charges_enabled": True,
            "country": invoice.get("account_country") or "US",
            "default_currency": next(self.store.all("balance_transaction"), {}).get("currency", "usd"),
            "details_submitted": True,
            "email": None,
            "payouts_enabled": True,
            "type": "standard",
        }

    def conversion(self, currency: str) -> Conversion:
        """As the newest balance transaction of a charge in this currency was converted, else not at all."""
        known = self._conversions.get(currency)
        if known is None:
            known = self._conversions[currency] = self._newest_conversion(currency)
        return known

    def _newest_conversion(self, currency: str) -> Conversion:
        for line in self.store.all("balance_transaction"):
            charge = self.store.get("charge", line.get("source") or "")
            if charge is not None and charge["currency"] == currency and line["amount"] > 0:
                return Conversion(line["currency"], line["amount"] / charge["amount"], line["exchange_rate"])
        return Conversion(currency, 1.0, None)

    def emit(
        self,
        event_type: str,
        payload: Mapping[str, Any],
        previous: Mapping[str, Any] | None = None,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
        event_id: str | None = None,
        at: int | None = None,
    ) -> dict[str, Any]:
        """Add an event about an object, as it is now; `previous` are the old values of what changed.

        Id and time are made unless they are given.
        """
        data: dict[str, Any] = {"object": listed(dict(payload))}
        if previous is not None:
            data["previous_attributes"] = dict(previous)
        event = {
            "id": event_id or self.identifiers.make("evt"),
            "object": "event",
            "api_version": self.api_version,
            "created": self.clock.now() if at is None else at,
            "data": data,
            "livemode": payload.get("livemode", True) is not False,
            "pending_webhooks": 0,
            "request": {"id": request_id, "idempotency_key": idempotency_key},
            "type": event_type,
        }
        self.store.put(event)
        if self.on_event is not None:
            self.on_event(event)
        return event
