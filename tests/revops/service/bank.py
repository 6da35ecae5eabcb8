"""A billing system that answers what a test wants, and remembers what it was asked; the store beside it is real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from revops.actions.retry_invoice import Limit
from revops.actions.retry_rules import read_retry_rules
from revops.domain.action import Action
from revops.domain.billing import Answer, InvoiceNow, NotFound, Paid
from revops.domain.carrying import Request
from revops.domain.decision import Rules
from revops.domain.decision_record import DecisionRecord
from revops.domain.person import Person
from revops.service.carry_retry import RetriesInvoices
from revops.service.decide import Deciding
from revops.service.dispatch import Dispatching, Mode
from revops.settings import Settings
from revops.store import Store
from revops.store.actions import Actions
from revops.store.decisions import Decisions
from revops.store.signing_keys import load_signer
from tests.revops.domain.proposals import ADA, AT
from tests.revops.owing import Clock
from tests.revops.store.proposed import TENANT, proposed

CHARGE = Paid("ch_new", 29_00, "usd", AT)
# The invoice as the approvals of `Counter` rest on it.
AS_APPROVED = InvoiceNow(
    invoice="in_0001",
    status="open",
    currency="usd",
    amount_remaining_minor=29_00,
    collection_method="charge_automatically",
    next_payment_attempt_at=None,
    pause_behavior=None,
    is_customer_deleted=False,
    is_payment_processing=False,
    is_disputed=False,
    payment_method="pm_1",
    card_fingerprint="fp_1",
    card_brand="visa",
    last_charge="ch_1",
    decline_code="do_not_honor",
    network_decline_code=None,
    advice_code=None,
    tries=(),
)
NOTHING = NotFound(is_paid_otherwise=False, is_processing=False)


@dataclass
class Bank:
    """`asked` holds each call by its name, with what it was given."""

    now: InvoiceNow = AS_APPROVED
    looks: Exception | None = None
    pays: Answer | Exception = CHARGE
    finds: Answer | NotFound | Exception = NOTHING
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def look(self, invoice: str, payment_method: str | None, *, tries_since: datetime) -> InvoiceNow:
        """See PaysInvoices."""
        self.asked.append(("look", invoice, payment_method, tries_since))
        if self.looks is not None:
            raise self.looks
        return self.now

    def request(self, invoice: str, payment_method: str | None) -> Request:
        """See PaysInvoices."""
        return Request("POST", f"/v1/invoices/{invoice}/pay", {"payment_method": payment_method or "on file"})

    def pay(self, request: Request, idempotency_key: str) -> Answer:
        """See PaysInvoices."""
        self.asked.append(("pay", request, idempotency_key))
        if isinstance(self.pays, Exception):
            raise self.pays
        return self.pays

    def find(self, invoice: str, idempotency_key: str, since: datetime) -> Answer | NotFound:
        """See PaysInvoices."""
        self.asked.append(("find", invoice, idempotency_key, since))
        if isinstance(self.finds, Exception):
            raise self.finds
        return self.finds

    def names(self) -> list[str]:
        """What was asked, in order."""
        return [one[0] for one in self.asked]


class Counter:
    """A tenant whose approved retries are carried out at that bank."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self.actions = Actions(store, load_signer(settings))
        self.clock = Clock(AT)
        self.bank = Bank()
        self.mode: Mode = "on"
        self.limit = Limit(8, 30)
        self.steps: list[str] = []
        rules = Rules(None, None, timedelta(days=7), timedelta(0))
        self.deciding = Deciding(self.actions, lambda _tenant: rules, lambda *_refusal: None)

    def drafted(self, number: int = 1, **how: Any) -> Action:
        """A retry that waits for a decision."""
        facts = {"payment_method": "pm_1", "last_charge": "ch_1"}
        return proposed(self.store, self.settings, number, at=self.clock(), **{"facts": facts, **how})

    def approve(self, action: Action, person: Person = ADA) -> Action:
        """Say yes to it."""
        return self.deciding.approve(
            TENANT, action.action_id, action.version_hash, person, channel="web", at=self.clock()
        ).action

    def approved(self, number: int = 1, **how: Any) -> Action:
        """A retry that somebody said yes to."""
        return self.approve(self.drafted(number, **how))

    def dispatching(self, **how: Any) -> Dispatching:
        """What carries out."""
        retries = RetriesInvoices(
            how.pop("billing", lambda _tenant: self.bank),
            how.pop("preview", lambda _tenant: None),
            lambda _tenant: self.limit,
            read_retry_rules(),
        )
        parts: dict[str, Any] = {
            "kinds": {"retry_invoice": retries},
            "mode": lambda _tenant, _kind: self.mode,
            "clock": self.clock,
            "step": self.steps.append,
        }
        return Dispatching(self.actions, **{**parts, **how})

    def run(self, *, at_most: int = 100, **how: Any) -> dict[str, int]:
        """What became of what was due."""
        return self.dispatching(**how).run(TENANT, at_most=at_most).counts

    def now(self, action: Action) -> Action:
        """The action as it is in the store."""
        found = self.actions.get(TENANT, action.action_id)
        assert found is not None
        return found

    def records(self) -> list[DecisionRecord]:
        """The signed log."""
        return [one.record for one in Decisions(self.store).read(TENANT)]

    def last(self) -> tuple[str, dict[str, Any]]:
        """What the newest record says, without what every record of an action repeats."""
        record = self.records()[-1]
        same = ("from", "to", "version", "version_hash", "leak_id")
        return record.kind, {name: value for name, value in record.data.items() if name not in same}

    def while_checked(self, happens: Callable[[], object]) -> dict[str, int]:
        """Something happens between preflight and begin."""

        def step(name: str) -> None:
            self.steps.append(name)
            if name == "checked":
                happens()

        return self.run(step=step, at_most=1)


def invoice_now(**how: Any) -> InvoiceNow:
    """The invoice as it was approved, but for that."""
    return replace(AS_APPROVED, **how)
