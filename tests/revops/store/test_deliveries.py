"""The newest delivered event, of one tenant and mode, whatever order they came in."""

from __future__ import annotations

from datetime import timedelta

from revops.domain.received import ReceivedEvent
from revops.store import Store
from revops.store.deliveries import newest_delivered
from revops.store.inbox import Inbox
from tests.revops.store.filled import AT


def _deliver(store: Store, *minutes: int, tenant_id: str = "default", mode: str = "live") -> None:
    Inbox(store).append(
        [
            ReceivedEvent(
                *(tenant_id, mode, "stripe", f"evt_{tenant_id}_{mode}_{n}", "invoice.paid", None, None),
                *(AT + timedelta(minutes=n), AT, b"{}"),
            )
            for n in minutes
        ]
    )


def test_the_newest_is_told_though_an_older_one_came_last(store: Store) -> None:
    assert newest_delivered(store, "default", "live") is None
    _deliver(store, 3, 5, 1)
    assert newest_delivered(store, "default", "live") == AT + timedelta(minutes=5)


def test_another_tenants_and_the_other_modes_deliveries_tell_nothing(store: Store) -> None:
    _deliver(store, 3)
    _deliver(store, 9, mode="test")
    _deliver(store, 7, tenant_id="acme")
    assert newest_delivered(store, "default", "live") == AT + timedelta(minutes=3)
    assert newest_delivered(store, "acme", "test") is None
