"""One proposed retry, and people in every role who may be asked about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from revops.domain.action import Action, Approval, Draft
from revops.domain.decision import DecisionRefusedError, Rules
from revops.domain.person import Person

AT = datetime(2026, 11, 12, 12, tzinfo=UTC)
ADA = Person("slack:T1:ADA", "approver")
BEN = Person("web:ben@example.com", "approver")
EVE = Person("web:eve@example.com", "admin")
VIC = Person("slack:T1:VIC", "viewer")
RULES = Rules(100_000, 1_000_000, timedelta(days=7), timedelta(seconds=60))
DRAFT = Draft(
    kind="retry_invoice",
    moves_money=True,
    amount_minor=2900,
    currency="usd",
    customer_id="cus_1",
    not_before=AT,
    body={"invoice": "in_1"},
    facts={"status": "open"},
    why=("because",),
    what_happens="It is paid.",
    amount_reporting_minor=2900,
)
ACTION = Action(
    action_id="act_1",
    tenant_id="acme",
    leak_id="leak_1",
    root_cause="invoice:in_1",
    draft=DRAFT,
    version=1,
    status="drafted",
    proposed_by="system",
    expires_at=AT + timedelta(days=7),
    created_at=AT,
    updated_at=AT,
)


def large(amount: int | None) -> Action:
    """Of that amount in the reporting currency; None where there is no rate."""
    return replace(ACTION, draft=replace(DRAFT, amount_reporting_minor=amount))


def approved_by(action: Action, *people: Person) -> Action:
    """The same with their approvals."""
    given = tuple(Approval(one.person_id, one.role, "web", AT) for one in people)
    return replace(action, approvals=given)


def refused(act: Callable[[], object]) -> DecisionRefusedError:
    """The refusal that it ends with."""
    with pytest.raises(DecisionRefusedError) as caught:
        act()
    return caught.value
