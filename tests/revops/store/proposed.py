"""Retries that wait for a decision, made without a detector or a sandbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from revops.domain.action import Action, Draft
from revops.domain.decision import Change
from revops.domain.leak import NewLeak, NewReason
from revops.domain.person import Person, Role
from revops.settings import Settings
from revops.store import Store
from revops.store.actions import Actions
from revops.store.leaks import Leaks
from revops.store.people import People
from revops.store.signing_keys import load_signer

TENANT = "default"


def now() -> datetime:
    """The moment of a test that goes by the real clock."""
    return datetime.now(UTC)


def leak(number: int, amount_minor: int = 29_00, currency: str = "usd") -> NewLeak:
    """What opens a leak: the unpaid invoice in_0001 of cus_0001."""
    return NewLeak(
        root_cause=f"invoice:in_{number:04d}",
        occurrence="1",
        family="failed_charges",
        leak_type="unpaid_invoice",
        object_type="invoice",
        object_id=f"in_{number:04d}",
        customer_id=f"cus_{number:04d}",
        currency=currency,
        amount_minor=amount_minor,
        recurring_minor=0,
        confidence=0.95,
        is_alert=True,
        first_detectable_at=now() - timedelta(days=20),
        definition_version="d1",
        as_of=now(),
    )


def draft(number: int, amount_minor: int = 29_00, currency: str = "usd", **how: Any) -> Draft:
    """A retry of that invoice, at once; the amount counts as if the currency were the reporting one."""
    plain = Draft(
        kind="retry_invoice",
        moves_money=True,
        amount_minor=amount_minor,
        currency=currency,
        customer_id=f"cus_{number:04d}",
        not_before=None,
        body={"invoice": f"in_{number:04d}"},
        facts={"amount_remaining_minor": amount_minor},
        why=("The last decline was do not honor, which may pass.", "Stripe will not try again on its own."),
        what_happens=f"Stripe tries once to collect invoice ACME-{number:04d} from the payment method on file.",
        amount_reporting_minor=amount_minor,
    )
    return replace(plain, **how)


def proposed(
    store: Store,
    settings: Settings,
    number: int = 1,
    amount_minor: int = 29_00,
    currency: str = "usd",
    *,
    tenant: str = TENANT,
    at: datetime | None = None,
    **how: Any,
) -> Action:
    """An open leak with the finding f0001 as its reason, and a retry that waits for a decision."""
    at = at or now()
    leaks = Leaks(store)
    [opened] = leaks.open(tenant, [leak(number, amount_minor, currency)], actor="test", at=at)
    [known] = leaks.get(tenant, [opened.leak_id])
    reason = NewReason(
        known.leak_id, f"f{number:04d}", known.leak_type, "invoice", known.object_id, currency, amount_minor, 0.95
    )
    leaks.attach(tenant, [reason], at=at)
    step = draft(number, amount_minor, currency, **how)
    made = Actions(store, load_signer(settings)).draft(known, step, expires_at=at + timedelta(days=7), at=at)
    assert made is not None
    return made


def carried_out(
    store: Store, settings: Settings, action: Action, *, paid_minor: int | None = None, at: datetime | None = None
) -> Action:
    """An approved action, sent and answered: paid, or where no amount is given declined."""
    actions, at = Actions(store, load_signer(settings)), at or now()
    request = {"method": "POST", "path": f"/v1/invoices/{action.draft.body['invoice']}/pay", "form": {}}
    begin = Change("begin", {"dispatched_at": at, "request": request})
    actions.change(action.tenant_id, action.action_id, lambda _held: begin, at=at)
    outcome = {"how": "paid", "amount_minor": paid_minor, "currency": action.draft.currency}
    end = Change("succeed", {"outcome": outcome}) if paid_minor else Change("fail", {"reason": "The bank declined."})
    return actions.change(action.tenant_id, action.action_id, lambda _held: end, at=at)


def person(store: Store, person_id: str, role: Role = "approver", *, tenant: str = TENANT) -> Person:
    """Somebody with a role."""
    People(store).add(tenant, person_id, role, None, actor="test", at=now())
    return Person(person_id, role)
