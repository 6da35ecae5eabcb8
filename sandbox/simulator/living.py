"""The company goes on: its lives stay awake behind a stand-in for Stripe, and time moves when asked.

Who wakes looks at the objects as they are now: an invoice that was paid through the API in between is paid.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from sandbox.objects import Payload

from . import company_files
from .calendar import HOUR
from .chunks import OBJECTS, ripen
from .customer import Customer
from .failing import NothingToChargeError, fail_next_charge
from .life import Life
from .world import Plan, World

if TYPE_CHECKING:
    from sandbox.stripe.accounts import Account
    from sandbox.stripe.store import Record

__all__ = ["Living", "NothingToChargeError", "UnknownCustomerError"]

# A charge follows its invoice within seconds.
_MOMENT = 12
_SHARED = ("customer", "subscription", "invoice", "invoice_payment", "payment_intent", "charge", "invoiceitem")


class UnknownCustomerError(ValueError):
    """No customer of the company has this id."""


class _Outlet:
    """Puts what a life does into the account, and remembers how it left each object."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.left: dict[str, Record | None] = {}

    def put(self, payload: Payload) -> None:
        """See life.Outlet."""
        self.left[payload["id"]] = self._account.store.put(payload)

    def emit(self, event_id: str, kind: str, payload: Payload, at: int, previous: Payload | None) -> None:
        """See life.Outlet."""
        self._account.emit(kind, payload, previous, event_id=event_id, at=at)


class Living:
    """All lives of a company, up to the plan's anchor at first.

    `logs` is a folder for what is not Stripe's: logins, usage, labels, policy; they are kept up to date.
    """

    def __init__(self, plan: Plan, account: Account, logs: Path | None = None) -> None:
        self._world, self._account, self._logs = World(plan), account, logs
        self._lives = [self._world.life(number) for number in self._world.numbers]
        self._outlets = [_Outlet(account) for _ in self._lives]
        self._lock = threading.RLock()
        self.at = plan.anchor
        with account.store.lock:
            for life, outlet in zip(self._lives, self._outlets, strict=True):
                life.run(self.at)
                ripen(life, self.at)
                _load(life, outlet, account)
            self._put_shared()
        self._agenda = [(life.due, life.number) for life in self._lives if life.due is not None]
        heapq.heapify(self._agenda)
        self._write_logs(since=None)

    def advance(self, until: int, set_clock: Callable[[int], None]) -> int:
        """Let everything happen that is due until this time. Returns the number of wakings.

        `set_clock` is told each time before something happens, and `until` at the end.
        """
        woken = 0
        with self._lock, self._account.store.lock:
            since = self.at
            if until < since + HOUR and not (self._agenda and self._agenda[0][0] <= until):
                # Nothing to do for a clock that ticks; the logs can wait.
                set_clock(until)
                return 0
            while self._agenda and self._agenda[0][0] <= until:
                due, number = heapq.heappop(self._agenda)
                life = self._lives[number]
                if due != life.due:
                    continue
                set_clock(due)
                self._look(life)
                life.step()
                woken += 1
                self._plan(life)
            set_clock(until)
            self.at = until
            for life in self._lives:
                ripen(life, until)
            self._put_shared()
            self._write_logs(since)
        return woken

    def fail_payment(self, customer_id: str, now: int, set_clock: Callable[[int], None]) -> Payload:
        """Let the customer's next charge fail, now. Returns the invoice.

        Raises UnknownCustomerError, and NothingToChargeError for somebody who has nothing to pay by card.
        """
        with self._lock, self._account.store.lock:
            self.advance(now, set_clock)
            customer = self._customer(customer_id)
            life = customer.life
            self._look(life)
            life.at = now
            invoice = fail_next_charge(customer)
            self._plan(life)
            self.advance(now + _MOMENT, set_clock)
            return dict(invoice)

    def _plan(self, life: Life) -> None:
        if life.due is not None:
            heapq.heappush(self._agenda, (life.due, life.number))

    def _customer(self, customer_id: str) -> Customer:
        for life in self._lives:
            if life.customer_id == customer_id:
                return life.customers[0]
        raise UnknownCustomerError(f"No such customer of the made-up company: {customer_id}")

    def _look(self, life: Life) -> None:
        """Take over what others changed in the store since this life was awake."""
        outlet, tables = self._outlets[life.number], self._account.store.tables
        for customer_id in life.records.get("customer", ()):
            for method in self._account.store.where("payment_method", "customer", customer_id):
                # A card that was entered on a page: it may pay from now on.
                life.records.setdefault("payment_method", {}).setdefault(method["id"], method)
        for name in _SHARED:
            for payload in life.records.get(name, {}).values():
                record = tables[name].by_id[payload["id"]]
                if record is outlet.left[payload["id"]]:
                    continue
                outlet.left[payload["id"]] = record
                payload.clear()
                payload.update(record.payload())
                if name == "invoice" and payload["status"] == "paid":
                    life.customers[0].till.owed.settled(payload, "paid through the API")

    def _put_shared(self) -> None:
        redeemed: Counter[str] = Counter()
        for life in self._lives:
            redeemed.update(life.redeemed)
        for payloads in company_files.tables(self._world, redeemed).values():
            for payload in payloads:
                self._account.store.put(payload)

    def _write_logs(self, since: int | None) -> None:
        if self._logs is None:
            return
        self._logs.mkdir(parents=True, exist_ok=True)
        for name in ("login", "usage"):
            with (self._logs / f"{name}.jsonl").open("wb" if since is None else "ab") as stream:
                for life in self._lives:
                    rows = life.logins if name == "login" else life.usage
                    stream.writelines(line for at, line in rows if (since or 0) < at <= self.at)
        labels = [label.row(self.at) for life in self._lives for label in life.labels]
        (self._logs / "labels.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in labels if row))
        (self._logs / "policy.yml").write_text(company_files.POLICY, encoding="utf-8")


def _load(life: Life, outlet: _Outlet, account: Account) -> None:
    """Put what a life has made so far into the store; from now on it puts things there itself."""
    for name in OBJECTS:
        for payload in life.records.get(name, {}).values():
            outlet.put(payload)
    known: set[str] = set()
    for _, line in life.events:
        event: dict[str, Any] = orjson.loads(line)
        # An event that was delivered twice stands in the log twice.
        if event["id"] not in known:
            known.add(event["id"])
            account.store.put(event, line.rstrip())
    life.forget()
    life.outlet = outlet
