"""Records for tests: what somebody decided about an action."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from revops.domain.decision_record import Entry, SignedRecord
from revops.store import Store
from revops.store.decisions import append
from revops.store.signing_keys import Signer
from tests.revops.store.filled import AT

APPROVED = Entry(
    kind="action.approve",
    subject_type="action",
    subject_id="act_1",
    version=1,
    version_hash="ab" * 32,
    actor_id="slack:T1:U1",
    actor_role="approver",
    channel="slack",
    data={"from": "drafted", "to": "approved", "version": 1, "version_hash": "ab" * 32},
)


def decide(
    store: Store, signer: Signer, tenant: str = "default", *, at: datetime = AT, **changes: object
) -> SignedRecord:
    """One record in a transaction of its own."""
    with store.tenant(tenant) as connection:
        return append(connection, signer, tenant, replace(APPROVED, **changes), at)  # type: ignore[arg-type]


def decide_often(store: Store, signer: Signer, count: int, tenant: str = "default") -> list[SignedRecord]:
    """Several records, a minute apart, by two people, every third with a note."""
    return [
        decide(
            store,
            signer,
            tenant,
            at=AT + timedelta(minutes=number),
            actor_id=f"slack:T1:U{number % 2}",
            note=f"note {number}" if number % 3 == 0 else None,
        )
        for number in range(count)
    ]
