"""The inbox holds each event once with its body, in order of arrival, and knows what became of it; on both engines."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from revops.domain.received import ReceivedEvent
from revops.store import Store
from revops.store.inbox import Inbox, Lag
from revops.store.tables import inbox, inbox_bodies

AT = datetime(2026, 10, 1, 12, tzinfo=UTC)
_tenants = itertools.count()


def event(number: int, tenant_id: str = "default", **changes: Any) -> ReceivedEvent:
    values = {
        "tenant_id": tenant_id,
        "integration_mode": "live",
        "source": "stripe",
        "event_id": f"evt_{number}",
        "event_type": "invoice.paid",
        "object_id": f"in_{number}",
        "account_id": None,
        "event_created_at": AT - timedelta(seconds=5),
        "received_at": AT,
        "body": f'{{"id": "evt_{number}"}}'.encode(),
    }
    return ReceivedEvent(**{**values, **changes})


def states(store: Store, tenant_id: str = "default") -> dict[str, str]:
    query = select(inbox.c.event_id, inbox.c.state).where(inbox.c.tenant_id == tenant_id)
    with store.tenant(tenant_id, file="inbox", is_read_only=True) as connection:
        return {row.event_id: row.state for row in connection.execute(query)}


def row_of(store: Store, event_id: str) -> Any:
    with store.tenant("default", file="inbox", is_read_only=True) as connection:
        return connection.execute(select(inbox).where(inbox.c.event_id == event_id)).one()


def bodies(store: Store) -> int:
    with store.everyone(file="inbox", is_read_only=True) as connection:
        return connection.execute(select(func.count()).select_from(inbox_bodies)).scalar_one()


def test_what_is_appended_is_claimed_as_it_was(store: Store) -> None:
    whole = event(1, object_id=None, account_id="acct_1", body=bytes(range(256)))
    assert Inbox(store).append([whole]) == [True]
    (claimed,) = Inbox(store).claim("default", 10)
    assert (claimed.event, claimed.attempts) == (whole, 1)


def test_an_event_is_new_once_per_tenant_and_source(store: Store) -> None:
    rows = Inbox(store)
    assert rows.append([event(1), event(1), event(2)]) == [True, False, True]
    assert rows.append([event(2), event(3), event(1, "acme"), event(1, source="other")]) == [False, True, True, True]
    assert bodies(store) == 5


def test_the_first_body_of_an_event_stays(store: Store) -> None:
    rows = Inbox(store)
    rows.append([event(1, body=b"first"), event(1, body=b"second")])
    rows.append([event(1, body=b"third")])
    assert [one.event.body for one in rows.claim("default", 10)] == [b"first"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=8), max_size=6))
def test_any_groups_with_any_repetitions_store_each_event_once(sqlite_store: Store, groups: list[list[int]]) -> None:
    rows, tenant_id, seen = Inbox(sqlite_store), f"t-{next(_tenants)}", set[int]()
    for group in groups:
        expected = [number not in seen and number not in group[:position] for position, number in enumerate(group)]
        assert rows.append([event(number, tenant_id) for number in group]) == expected
        seen.update(group)
    claimed = rows.claim(tenant_id, 1000)
    assert sorted(one.event.event_id for one in claimed) == sorted(f"evt_{number}" for number in seen)


def test_a_group_is_stored_whole_or_not_at_all(store: Store) -> None:
    with pytest.raises(Exception, match="integration_mode"):
        Inbox(store).append([event(1), event(2, integration_mode="neither")])
    assert states(store) == {}
    assert bodies(store) == 0


def test_claims_follow_the_order_of_arrival_within_a_tenant(store: Store) -> None:
    rows = Inbox(store)
    for number, tenant_id in enumerate(["default", "acme", "default", "acme", "default"]):
        rows.append([event(number, tenant_id, event_created_at=AT - timedelta(days=number))])
    assert [one.event.event_id for one in rows.claim("default", 2)] == ["evt_0", "evt_2"]
    assert [one.event.event_id for one in rows.claim("acme", 10)] == ["evt_1", "evt_3"]
    assert rows.tenants_waiting() == ["default", "acme"]


def test_a_claim_counts_an_attempt_and_takes_nothing_away(store: Store) -> None:
    rows = Inbox(store)
    rows.append([event(1), event(2)])
    assert [one.attempts for one in rows.claim("default", 10)] == [1, 1]
    assert [one.attempts for one in rows.claim("default", 1)] == [2]
    assert [one.attempts for one in rows.claim("default", 10)] == [3, 2]


def test_landed_events_are_claimed_until_they_are_done(store: Store) -> None:
    rows = Inbox(store)
    rows.append([event(1), event(2), event(3)])
    first, second, _ = (one.sequence for one in rows.claim("default", 10))
    rows.mark_landed("default", [first, second], AT)
    rows.mark_done("default", [first], AT + timedelta(seconds=3))
    assert states(store) == {"evt_1": "done", "evt_2": "landed", "evt_3": "received"}
    assert [one.event.event_id for one in rows.claim("default", 10)] == ["evt_2", "evt_3"]
    done = row_of(store, "evt_1")
    assert (done.landed_at, done.done_at) == (AT, AT + timedelta(seconds=3))


def test_marks_may_be_repeated_and_lead_only_forward(store: Store) -> None:
    rows = Inbox(store)
    rows.append([event(1)])
    (one,) = rows.claim("default", 1)
    rows.mark_done("default", [one.sequence], AT)
    rows.mark_landed("default", [one.sequence], AT + timedelta(days=1))
    rows.mark_failed("default", [one.sequence], "too late", is_final=True)
    assert states(store) == {"evt_1": "done"}
    assert row_of(store, "evt_1").landed_at == AT


def test_a_failure_is_tried_again_until_it_is_final(store: Store) -> None:
    rows = Inbox(store)
    rows.append([event(1)])
    (one,) = rows.claim("default", 1)
    rows.mark_failed("default", [one.sequence], "with sk_live_abcdefgh\0\ud800", is_final=False)
    failed = row_of(store, "evt_1")
    assert (failed.state, failed.error) == ("received", "with sk_[hidden]?")
    assert rows.claim("default", 1)[0].attempts == 2
    rows.mark_failed("default", [one.sequence], "given up", is_final=True)
    assert states(store) == {"evt_1": "failed"}
    assert rows.claim("default", 1) == []


def test_no_tenant_can_mark_or_claim_the_rows_of_another(store: Store) -> None:
    rows = Inbox(store)
    rows.append([event(1)])
    (one,) = rows.claim("default", 1)
    rows.mark_done("acme", [one.sequence], AT)
    rows.mark_failed("acme", [one.sequence], "not yours", is_final=True)
    assert rows.claim("acme", 10) == []
    assert states(store) == {"evt_1": "received"}


def test_lag_counts_what_is_not_done(store: Store) -> None:
    rows = Inbox(store)
    assert rows.lag(AT) == Lag(0, 0.0)
    rows.append([event(1, received_at=AT - timedelta(seconds=30)), event(2, "acme", received_at=AT)])
    assert rows.lag(AT) == Lag(2, 30.0)
    (one,) = rows.claim("default", 1)
    rows.mark_landed("default", [one.sequence], AT)
    assert rows.lag(AT) == Lag(2, 30.0)
    rows.mark_done("default", [one.sequence], AT)
    assert rows.lag(AT + timedelta(seconds=1)) == Lag(1, 1.0)
    assert rows.lag(AT - timedelta(hours=1)) == Lag(1, 0.0)


def test_old_bodies_go_and_their_rows_stay(store: Store) -> None:
    rows = Inbox(store)
    old, limit = AT - timedelta(days=401), AT - timedelta(days=400)
    rows.append([event(number, received_at=old) for number in range(5)])
    rows.append([event(7, received_at=AT), event(8, "acme", received_at=old), event(9, received_at=old)])
    sequences = [one.sequence for one in rows.claim("default", 100)]
    rows.mark_done("default", sequences[:-1], AT)
    rows.mark_done("acme", [one.sequence for one in rows.claim("acme", 10)], AT)
    assert [rows.delete_bodies("default", limit, limit=3) for _ in range(3)] == [3, 2, 0]
    assert bodies(store) == 3
    assert [one.event.event_id for one in rows.claim("default", 10)] == ["evt_9"]
    assert rows.append([event(0)]) == [False]


def test_many_rows_are_marked_at_once(sqlite_store: Store) -> None:
    rows = Inbox(sqlite_store)
    rows.append([event(number) for number in range(12_000)])
    claimed = rows.claim("default", 11_000)
    assert [one.event.event_id for one in claimed] == [f"evt_{number}" for number in range(11_000)]
    rows.mark_landed("default", [one.sequence for one in claimed], AT)
    assert rows.lag(AT).events == 12_000
    rows.mark_done("default", [one.sequence for one in claimed], AT)
    assert len(rows.claim("default", 12_000)) == 1_000


def test_what_failed_for_another_reason_is_no_attempt(store: Store) -> None:
    rows = Inbox(store)
    rows.append([event(1), event(2)])
    for _ in range(5):
        (one,) = rows.claim("default", 1)
        rows.mark_waiting("default", [one.sequence], "Stripe is away")
    assert rows.suspects("default", 0) == []
    assert row_of(store, "evt_1").error == "Stripe is away"
    rows.claim("default", 1)
    (first, *_) = rows.claim("default", 2)
    assert rows.suspects("default", 1) == [first.sequence]
    assert [found.sequence for found in rows.claim("default", 1, only=first.sequence)] == [first.sequence]


def test_several_writers_at_once_store_each_event_once(store: Store) -> None:
    fresh: list[int] = []
    start = threading.Barrier(4)

    def write() -> None:
        start.wait(20)
        for first in range(0, 60, 3):
            are_new = Inbox(store).append([event(number) for number in range(first, first + 3)])
            fresh.append(sum(are_new))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fresh) == 60
    assert bodies(store) == len(states(store)) == 60


def test_bodies_are_in_no_message_of_a_refused_row(store: Store) -> None:
    with pytest.raises(Exception, match="integration_mode") as caught:
        Inbox(store).append([event(1, integration_mode="neither", body=b"ada@example.com")])
    assert "ada@example.com" not in str(caught.value)
