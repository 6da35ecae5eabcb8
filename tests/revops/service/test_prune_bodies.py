"""What was received is kept raw as long as was set, to the second, and what is not done longer."""

from datetime import timedelta

from revops.domain.received import ReceivedEvent
from revops.service.prune_bodies import prune_bodies
from revops.store import Store
from revops.store.bodies import Bodies
from revops.store.inbox import Inbox
from tests.revops.store.filled import AT


def receive(store: Store, count: int, at_seconds: int, tenant: str = "default") -> None:
    at = AT + timedelta(seconds=at_seconds)
    Inbox(store).append(
        [
            ReceivedEvent(tenant, "live", "stripe", f"evt_{at_seconds}_{n}", "x", None, None, at, at, b"{}")
            for n in range(count)
        ]
    )


def finish(store: Store, tenant: str = "default") -> None:
    inbox = Inbox(store)
    inbox.mark_done(tenant, [one.sequence for one in inbox.claim(tenant, 10_000)], AT)


def count(store: Store, tenant: str = "default") -> int:
    return len(Bodies(store).read(tenant, 0, 10_000))


def test_a_body_goes_the_moment_after_its_time_and_not_before(store: Store) -> None:
    for seconds in (-1, 0, 1):
        receive(store, 1, seconds)
    finish(store)
    assert prune_bodies(Inbox(store), ["default"], AT) == 1
    assert count(store) == 2


def test_what_is_not_done_keeps_its_body_however_old(store: Store) -> None:
    receive(store, 2, -1_000)
    assert prune_bodies(Inbox(store), ["default"], AT) == 0
    assert count(store) == 2


def test_more_than_one_transaction_takes_go_too_and_other_tenants_stay(sqlite_store: Store) -> None:
    receive(sqlite_store, 2_500, -10)
    receive(sqlite_store, 3, -10, "rival")
    for tenant in ("default", "rival"):
        finish(sqlite_store, tenant)
    assert prune_bodies(Inbox(sqlite_store), ["default"], AT) == 2_500
    assert (count(sqlite_store), count(sqlite_store, "rival")) == (0, 3)
