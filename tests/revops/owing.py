"""Customers who owe, at a stand-in for Stripe: each with a card, an open invoice, and one charge that failed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from revops.actions.retry_invoice import Limit, consider, read_unpaid_invoice
from revops.actions.retry_rules import read_retry_rules
from revops.connectors.stripe_actions import StripeActions
from revops.domain.action import Action, Draft
from revops.domain.decision import Rules
from revops.domain.leak import Leak, NewLeak
from revops.domain.person import Person
from revops.domain.stripe_access import StripeAccess
from revops.service.carry_retry import RetriesInvoices
from revops.service.decide import Deciding
from revops.service.dispatch import Dispatching, Mode
from revops.settings import Settings
from revops.store import Store
from revops.store.actions import Actions
from revops.store.leaks import Leaks
from revops.store.signing_keys import load_signer
from revops.store.tenants import Tenants
from sandbox import objects
from sandbox.stripe import Running

TENANT = "acme"
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
FAILED = NOW - timedelta(days=5)
KEY = "sk_live_testsecret0001"
# What an invoice is paid with, and how people see it.
FORM = {"expand[]": "payments.data.payment.payment_intent", "off_session": "true"}
FORM_SHOWN = "expand[]=payments.data.payment.payment_intent off_session=true"
ADA = Person("slack:T1:ADA", "approver", "Ada")
BOB = Person("web:bob@example.com", "admin", "Bob")
LIMIT = Limit(8, 30)
RULES = Rules(None, None, timedelta(days=7), timedelta(0))


@dataclass
class Clock:
    """The time of a test."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """Now."""
        return self.now

    def forward(self, **how: float) -> None:
        """Later."""
        self.now += timedelta(**how)


def owe(
    sandbox: Running, number: int = 1, *, amount: int = 2900, currency: str = "usd", code: str = "processing_error"
) -> str:
    """One debt; returns the invoice's id."""
    at = int(FAILED.timestamp())
    put = sandbox.stand_in.upsert
    customer = objects.customer(
        f"cus_{number}", f"Customer {number}", f"c{number}@example.com", {"country": "GB"}, currency, at, prefix="C"
    )
    card = objects.payment_method(
        f"pm_{number}",
        customer,
        at,
        brand="visa",
        funding="credit",
        fingerprint=f"fp_{number}",
        last4="4242",
        expires=(2030, 1),
        country="GB",
    )
    customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": card["id"]}
    line = objects.line_item(
        f"il_{number}",
        None,
        None,
        amount=amount,
        currency=currency,
        livemode=True,
        description="A month",
        quantity=1,
        period=(at, at),
    )
    invoice = objects.invoice(
        f"in_{number}", "Acme", customer, None, [line], at, reason="manual", period=(at, at), auto_advance=False
    )
    invoice |= {
        **objects.finalized(invoice, f"N-{number}", at),
        "attempt_count": 4,
        "attempted": True,
        "next_payment_attempt": None,
    }
    intent = objects.payment_intent(f"pi_{number}", invoice, at)
    payment = objects.invoice_payment(f"inpay_{number}", invoice, intent["id"], at)
    charge = objects.charge(f"ch_{number}_failed", intent, card, at, decline=code)
    for one in (customer, card, invoice, intent, payment, charge):
        put(one)
    return str(invoice["id"])


def evidence(
    sandbox: Running, invoice_id: str, *, code: str = "processing_error", group: str = "technical"
) -> dict[str, Any]:
    """What the detector would say of it."""
    invoice = sandbox.get("invoice", invoice_id)
    number = invoice_id.removeprefix("in_")
    return {
        "invoice": invoice_id,
        "number": invoice["number"],
        "status": invoice["status"],
        "amount_remaining_minor": invoice["amount_remaining"],
        "currency": invoice["currency"],
        "verdict": "retries_used_up",
        "billed_at": FAILED.isoformat(),
        "payment_method": f"pm_{number}",
        "is_payment_method_unchanged": True,
        "customer_payment_method": f"pm_{number}",
        "customer_country": "GB",
        "attempts": [
            {
                "at": FAILED.isoformat(),
                "charge": f"ch_{number}_failed",
                "status": "failed",
                "decline_code": code,
                "decline_group": group,
                "card_brand": "visa",
                "card": f"fp_{number}",
                "payment_method": f"pm_{number}",
            }
        ],
    }


def draft_of(sandbox: Running, invoice_id: str, at: datetime = NOW) -> Draft:
    """The retry that would be proposed for it."""
    known = read_unpaid_invoice(evidence(sandbox, invoice_id), f"cus_{invoice_id.removeprefix('in_')}", 2900)
    draft = consider(known, read_retry_rules(), LIMIT, at)
    assert isinstance(draft, Draft), draft
    return draft


@dataclass
class Desk:
    """A tenant whose people decide, and what carries their decisions out."""

    store: Store
    settings: Settings
    sandbox: Running
    clock: Clock = field(default_factory=Clock)
    mode: Mode = "on"
    rules: Rules = RULES

    def __post_init__(self) -> None:
        Tenants(self.store).add(TENANT, None, actor="test", at=NOW)
        self.signer = load_signer(self.settings)
        self.actions = Actions(self.store, self.signer)
        self.leaks = Leaks(self.store)
        self.refusals: list[str] = []
        self.opened: list[StripeActions] = []

    @property
    def deciding(self) -> Deciding:
        """As people reach it."""
        return Deciding(
            self.actions,
            lambda _tenant: self.rules,
            lambda _tenant, refusal, _who, _what: self.refusals.append(refusal.code),
        )

    def billing(self, key: str = KEY) -> StripeActions:
        """The sandbox as actions reach it."""
        self.opened.append(StripeActions(StripeAccess(SecretStr(key)), self.sandbox.url, per_second=1_000))
        return self.opened[-1]

    def close(self) -> None:
        """Close the connections; the next request opens another."""
        while self.opened:
            self.opened.pop().close()

    def dispatching(self, **how: Any) -> Dispatching:
        """What carries out, by the test's clock."""
        billing = self.billing()
        retries = RetriesInvoices(
            how.pop("billing", lambda _tenant: billing),
            how.pop("preview", lambda _tenant: billing),
            lambda _tenant: LIMIT,
            read_retry_rules(),
        )
        parts: dict[str, Any] = {
            "kinds": {"retry_invoice": retries},
            "mode": lambda _tenant, _kind: self.mode,
            "clock": self.clock,
        }
        return Dispatching(self.actions, **{**parts, **how})

    def leak(self, invoice_id: str) -> Leak:
        """An open leak about an invoice."""
        [opened] = self.leaks.open(TENANT, [new_leak(invoice_id)], actor="test", at=NOW)
        [leak] = self.leaks.get(TENANT, [opened.leak_id])
        return leak

    def drafted(self, invoice_id: str) -> Action:
        """A retry that waits for a decision."""
        draft = draft_of(self.sandbox, invoice_id, self.clock())
        action = self.actions.draft(
            self.leak(invoice_id), draft, expires_at=self.clock() + timedelta(days=7), at=self.clock()
        )
        assert action is not None
        return action

    def approved(self, invoice_id: str) -> Action:
        """A retry that Ada said yes to."""
        action = self.drafted(invoice_id)
        return self.approve(action)

    def approve(self, action: Action, person: Person = ADA) -> Action:
        """Say yes."""
        decided = self.deciding.approve(
            TENANT, action.action_id, action.version_hash, person, channel="slack", at=self.clock()
        )
        return decided.action

    def now(self, action: Action) -> Action:
        """The action as it is in the store."""
        found = self.actions.get(TENANT, action.action_id)
        assert found is not None
        return found

    def charges(self, invoice_id: str) -> int:
        """How often money moved for an invoice, by the bank's own book."""
        return sum(entry.invoice == invoice_id and entry.kind == "charge" for entry in self.sandbox.ledger.entries)

    def requests(self) -> int:
        """How many requests for money arrived."""
        return sum(one.method == "POST" and one.path.endswith("/pay") for one in self.sandbox.requests)

    def keyed(self, key: str) -> Any:
        """Carrying out with another key of the account."""
        billing = self.billing(key)
        return self.dispatching(billing=lambda _tenant: billing)


def new_leak(invoice_id: str, leak_type: str = "unpaid_invoice") -> NewLeak:
    """What opens a leak."""
    return NewLeak(
        root_cause=f"invoice:{invoice_id}",
        occurrence="1",
        family="failed_charges",
        leak_type=leak_type,
        object_type="invoice",
        object_id=invoice_id,
        customer_id=f"cus_{invoice_id.removeprefix('in_')}",
        currency="usd",
        amount_minor=2900,
        recurring_minor=0,
        confidence=0.95,
        is_alert=True,
        first_detectable_at=FAILED,
        definition_version="d1",
        as_of=NOW,
    )


def later(draft: Draft, **how: float) -> Draft:
    """The same at another time."""
    assert draft.not_before is not None
    return replace(draft, not_before=draft.not_before + timedelta(**how))
