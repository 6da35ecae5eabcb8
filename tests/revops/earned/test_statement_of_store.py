"""A statement made of the log that deciding and dispatching write holds what the checker asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from revops.domain.action import Action
from revops.domain.billing import Paid
from revops.earned.check_statement import check_statement
from revops.earned.statement import Line, SignedStatement, make_statement
from revops.settings import Settings
from revops.store import Store, open_store
from revops.store.decisions import Decisions
from revops.store.signing_keys import load_signer, read_keys
from tests.revops.domain.proposals import AT
from tests.revops.service.bank import Counter
from tests.revops.store.proposed import TENANT


@pytest.fixture
def counter(sqlite_settings: Settings) -> Iterator[Counter]:
    store = open_store(sqlite_settings, upgrade=True)
    yield Counter(store, sqlite_settings)
    store.close()


def paid(counter: Counter, number: int, amount: int) -> Action:
    """A retry that was approved, carried out and paid."""
    action = counter.approved(number, amount_minor=amount, body={"invoice": f"in_{number:04d}"})
    counter.bank.now = replace(counter.bank.now, invoice=f"in_{number:04d}", amount_remaining_minor=amount)
    counter.bank.pays = Paid(f"ch_{number}", amount, "usd", AT + timedelta(seconds=2))
    assert counter.run() == {"done": 1}
    return counter.now(action)


def line(counter: Counter, action: Action) -> Line:
    """The line of an action, as the store tells it."""
    assert action.outcome is not None
    found = {one.record.kind: one.number for one in Decisions(counter.store).newest(TENANT, 9, about=action.action_id)}
    return Line(
        kind="payment",
        finding_ids=("f0001",),
        leak_id=action.leak_id,
        leak_type="unpaid_invoice",
        object_type="invoice",
        object_id=str(action.draft.body["invoice"]),
        action_id=action.action_id,
        action=action.draft.bound,
        approved_in=found["action.approve"],
        sent_in=found["action.begin"],
        ended_in=found["action.succeed"],
        idempotency_key=action.idempotency_key,
        request_id="req_1",
        charge=str(action.outcome["charge"]),
        balance_transaction=f"txn_{action.outcome['charge']}",
        payout=None,
        at=AT + timedelta(seconds=2),
        currency=action.draft.currency,
        amount_minor=int(action.outcome["amount_minor"]),
        fee_minor=114,
    )


def november(store: Store, settings: Settings, lines: list[Line]) -> tuple[SignedStatement, bytes]:
    """A statement signed with the tenant's key of now, and that key."""
    with store.tenant(TENANT) as connection:
        key = load_signer(settings).key(connection, TENANT, AT)
        keys = [one.raw for one in read_keys(connection, TENANT)]
    records = Decisions(store).read(TENANT)
    made_at = AT + timedelta(days=30)
    return make_statement(TENANT, "2026-11", lines, records, keys, made_at=made_at, key=key.private), key.public


def test_what_the_store_tells_of_paid_retries_proves_itself(counter: Counter) -> None:
    actions = [paid(counter, 1, 29_00), paid(counter, 2, 41_00)]
    lines = [line(counter, one) for one in actions]
    signed, key = november(counter.store, counter.settings, lines)
    assert check_statement(signed, [key]) == ()
    assert signed.statement.totals[0].amount_minor == 70_00
    assert len(signed.statement.records) == 6


def test_a_line_of_one_action_with_another_ones_records_does_not(counter: Counter) -> None:
    one, other = (line(counter, paid(counter, number, 29_00)) for number in (1, 2))
    swapped = replace(one, approved_in=other.approved_in, sent_in=other.sent_in, ended_in=other.ended_in)
    signed, key = november(counter.store, counter.settings, [swapped, other])
    problems = check_statement(signed, [key])
    assert any("and the line about" in problem for problem in problems)
    assert not any("(ch_2)" in problem for problem in problems), "the other line is right"
