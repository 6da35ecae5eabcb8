"""What is to be sent is put with the decision, claimed by one, and not lost with its sender."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from revops.store import Store
from revops.store import tables as t
from revops.store.outbox import LEASE, Outbox, put
from revops.store.tenants import Tenants
from tests.revops.store.filled import AT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """With the tenants acme and rival."""
    for tenant in ("acme", "rival"):
        Tenants(store).add(tenant, None, actor="ada", at=AT)
    return Outbox(store)


def say(store: Store, key: str, tenant: str = "acme", seconds: int = 0) -> bool:
    with store.tenant(tenant) as connection:
        at = AT + timedelta(seconds=seconds)
        return put(connection, tenant, kind="leak_opened", key=key, payload={"leak": key, "money": 1999}, at=at)


def test_a_key_is_put_once_per_tenant(store: Store, outbox: Outbox) -> None:
    assert say(store, "k1")
    assert not say(store, "k1")
    assert say(store, "k1", "rival")
    assert len(outbox.claim(AT)) == 2


def test_what_is_put_in_a_transaction_that_fails_is_not_sent(store: Store, outbox: Outbox) -> None:
    with pytest.raises(ZeroDivisionError), store.tenant("acme") as connection:
        put(connection, "acme", kind="leak_opened", key="k1", payload={}, at=AT)
        raise ZeroDivisionError
    assert outbox.claim(AT) == []


def test_longest_waiting_first_and_nothing_before_its_time(store: Store, outbox: Outbox) -> None:
    say(store, "second", seconds=2)
    say(store, "first", "rival", seconds=1)
    say(store, "future", seconds=60)
    claimed = outbox.claim(AT + timedelta(seconds=5))
    assert [(one.key, one.tenant_id, one.attempts) for one in claimed] == [("first", "rival", 1), ("second", "acme", 1)]
    assert claimed[1].payload == {"leak": "second", "money": 1999}


def test_what_was_claimed_is_nobody_elses_until_the_lease_ends(store: Store, outbox: Outbox) -> None:
    say(store, "k1")
    (first,) = outbox.claim(AT)
    assert outbox.claim(AT + LEASE - timedelta(seconds=1)) == []
    (again,) = outbox.claim(AT + LEASE)
    assert (again.outbox_id, again.attempts) == (first.outbox_id, 2)


def test_what_was_sent_is_not_sent_again(store: Store, outbox: Outbox) -> None:
    say(store, "k1")
    (one,) = outbox.claim(AT)
    outbox.sent(one, AT)
    outbox.sent(one, AT + timedelta(days=1))
    assert outbox.claim(AT + LEASE) == []
    assert not say(store, "k1")
    with store.everyone(is_read_only=True) as connection:
        assert connection.scalar(select(t.outbox.c.sent_at)) == AT


def test_what_failed_is_due_when_it_says(store: Store, outbox: Outbox) -> None:
    say(store, "k1")
    (one,) = outbox.claim(AT)
    outbox.failed(one, "the channel is archived", AT + timedelta(hours=1))
    assert outbox.claim(AT + timedelta(minutes=59)) == []
    (again,) = outbox.claim(AT + timedelta(hours=1))
    assert again.attempts == 2
    with store.everyone(is_read_only=True) as connection:
        assert connection.scalar(select(t.outbox.c.error)) == "the channel is archived"


def test_a_late_failure_does_not_undo_the_next_claim(store: Store, outbox: Outbox) -> None:
    say(store, "k1")
    (late,) = outbox.claim(AT)
    outbox.claim(AT + LEASE)
    outbox.failed(late, "too late", AT)
    assert outbox.claim(AT + LEASE) == []


def test_two_senders_at_once_share_the_work(postgres_store: Store) -> None:
    """On PostgreSQL one sender does not wait for the rows that another has locked."""
    for number in range(4):
        say(postgres_store, f"k{number}", "default")
    query = select(t.outbox).where(t.outbox.c.key == "k0").with_for_update()
    with postgres_store._engines["operations"].begin() as held:
        held.exec_driver_sql("select set_config('app.tenant_id', '*', true)")
        held.execute(query)
        assert {one.key for one in Outbox(postgres_store).claim(AT)} == {"k1", "k2", "k3"}
