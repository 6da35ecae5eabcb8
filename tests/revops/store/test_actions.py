"""At most one action that moves money is unsettled per root cause, whoever drafts it."""

import itertools

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from revops.domain.action import ACTION_STATUSES, UNSETTLED
from revops.store import Store
from revops.store import tables as t
from tests.revops.store.filled import fill, put


def draft(store: Store, tenant: str = "acme", **values: object) -> None:
    with store.tenant(tenant) as connection:
        put(connection, t.actions, tenant, **({"action_id": "second"} | values))


@pytest.fixture
def filled(store: Store) -> Store:
    """Tenants with a leak and one drafted action that moves money."""
    fill(store, "acme")
    fill(store, "rival")
    return store


def set_status(store: Store, action_id: str, status: str) -> None:
    with store.tenant("acme") as connection:
        mine = (t.actions.c.tenant_id == "acme", t.actions.c.action_id == action_id)
        connection.execute(update(t.actions).where(*mine).values(status=status))


def test_two_unsettled_actions_that_move_money_are_refused(filled: Store) -> None:
    for first, second in itertools.product(UNSETTLED, UNSETTLED):
        set_status(filled, "acme-action_id", first)
        with pytest.raises(IntegrityError):
            draft(filled, status=second)


def test_after_a_settled_one_another_may_begin(filled: Store) -> None:
    settled = [status for status in ACTION_STATUSES if status not in UNSETTLED]
    assert settled == ["done", "failed", "denied", "superseded", "expired", "withdrawn", "handed_over", "rehearsed"]
    for status in settled:
        set_status(filled, "acme-action_id", status)
        draft(filled, action_id=f"after-{status}")
        set_status(filled, f"after-{status}", "denied")


def test_what_moves_no_money_or_has_another_cause_is_free(filled: Store) -> None:
    draft(filled, moves_money=False)
    draft(filled, action_id="third", root_cause="another")


def test_a_settled_one_cannot_become_unsettled_beside_another(filled: Store) -> None:
    draft(filled, status="denied")
    with pytest.raises(IntegrityError):
        set_status(filled, "second", "approved")
