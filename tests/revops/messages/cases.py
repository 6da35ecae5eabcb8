"""Proposals to tell people about: one company's unpaid invoice in every state it can be in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from revops.domain.action import Action, Approval, Draft
from revops.domain.leak import Leak
from revops.domain.proposal import Proposal, Word

AT = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
ADA, BEN = "slack:T0SANDBOX1:U0ADA00001", "slack:T0SANDBOX1:U0BEN00002"


def proposal(number: int = 1, **how: Any) -> Proposal:
    """A drafted retry of an invoice; `how` changes fields of the action, or of what is beside it."""
    beside = {name: how.pop(name) for name in ("customer_name", "plan", "why", "what_happens", "needs") if name in how}
    outcome, people, word = how.pop("outcome", None), how.pop("people", ()), how.pop("last_word", None)
    tenant_id, customer_id = how.pop("tenant_id", "default"), how.pop("customer_id", "cus_northwind")
    recurring, amount = how.pop("recurring_minor", 0), how.pop("amount_minor", 124_000)
    currency, family = how.pop("currency", "usd"), how.pop("family", "failed_charges")
    draft = Draft(
        kind="retry_invoice",
        moves_money=True,
        amount_minor=amount,
        currency=currency,
        customer_id=customer_id,
        not_before=how.pop("not_before", None),
        body={"invoice": f"in_{number:04d}"},
        facts={"remaining_minor": amount, "decline_code": "insufficient_funds"},
        why=(),
        what_happens="",
        amount_reporting_minor=amount,
    )
    action = Action(
        action_id=f"act_{number:04d}",
        tenant_id=tenant_id,
        leak_id=f"leak_{number:04d}",
        root_cause=f"invoice:in_{number:04d}",
        draft=draft,
        version=1,
        status="drafted",
        proposed_by="worker",
        expires_at=AT + timedelta(days=7),
        created_at=AT,
        updated_at=AT,
    )
    leak = Leak(
        root_cause=action.root_cause,
        occurrence="1",
        family=family,
        leak_type="unpaid_invoice",
        object_type="invoice",
        object_id=f"in_{number:04d}",
        customer_id=customer_id,
        currency=currency,
        amount_minor=amount,
        recurring_minor=recurring,
        confidence=0.92,
        is_alert=True,
        first_detectable_at=AT,
        definition_version="v1",
        as_of=AT,
        leak_id=action.leak_id,
        tenant_id=tenant_id,
        status="pending_decision",
        resolution=None,
        owner=None,
        opened_at=AT,
        closed_at=None,
        resolved_at=None,
        updated_at=AT,
    )
    shown = {
        "customer_name": "Northwind Traders",
        "plan": "Team",
        "why": ("Declined for insufficient funds on 28 September.", "Two retries are left within 30 days."),
        "what_happens": "The invoice is charged once more on Friday, 2 October.",
        "needs": "one approver",
        **beside,
    }
    return Proposal(replace(action, **how), leak, **shown, outcome=outcome, people=people, last_word=word)


def approvals(*people: str) -> tuple[Approval, ...]:
    """One approval each."""
    return tuple(Approval(person, "approver", "slack", AT) for person in people)


CASES = {
    "drafted": proposal(),
    "yen_each_month": proposal(amount_minor=128_000, currency="jpy", recurring_minor=4_000, plan=None),
    "one_of_two_approved": proposal(needs="two people", approvals=approvals(BEN)),
    "snoozed": proposal(snoozed_until=AT + timedelta(days=1)),
    "approved_in_undo_window": proposal(
        status="approved",
        approvals=approvals(ADA),
        undo_until=AT + timedelta(minutes=1),
        not_before=AT + timedelta(hours=22),
    ),
    "approved_by_two": proposal(
        status="dispatching", approvals=approvals(ADA, "web:ben@example.com"), people=(("web:ben@example.com", "Ben"),)
    ),
    "done": proposal(status="done", approvals=approvals(ADA), outcome="Paid: USD 1,240.00 came in.", ended_at=AT),
    "denied": proposal(status="denied", outcome="Denied: not a leak.", last_word=Word("deny", ADA, AT)),
    "expired": proposal(status="expired", ended_at=AT),
    "stranger_customer": proposal(customer_name=None, customer_id=None),
    "hostile": proposal(
        customer_name="<!channel> & *Sons*\u202e\n<https://example.com|Free>",
        plan="<@U0ADA00001>",
        why=("</script><!here>" + "&" * 10_000,),
        what_happens="x" * 10_000,
        needs="<b>nobody</b>",
    ),
}
