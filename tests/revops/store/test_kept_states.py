"""What people decided, played again, is what the tables say; a table that was changed beside it shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from revops.bootstrap_actions import deciding
from revops.domain.action import Action
from revops.domain.replay import differences
from revops.settings import Settings
from revops.store import Store
from revops.store.actions import Actions
from revops.store.kept_states import replayed_and_kept
from revops.store.signing_keys import load_signer
from revops.store.suppressions import Suppressions
from revops.store.withdrawals import Withdrawals
from tests.revops.store.proposed import TENANT, carried_out, now, person, proposed

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions")


def found(store: Store) -> list[str]:
    """What does not fit: the records among themselves, or with the tables."""
    replayed, kept = replayed_and_kept(store, TENANT)
    return [*replayed.problems, *differences(replayed, kept)]


def everything(store: Store, settings: Settings) -> Action:
    """Decisions of each kind; the action that was approved."""
    ada, bob = person(store, "slack:T1:U1"), person(store, "web:bob@example.com", "admin")
    deciders, at = deciding(store, settings), now()

    def about(action: Action) -> tuple[str, str, str]:
        return TENANT, action.action_id, action.version_hash

    denied, refined, paid, approved, dismissed = (proposed(store, settings, number) for number in range(1, 6))
    deciders.deny(*about(denied), ada, channel="slack", at=at, reason="wrong_customer", note="not theirs")
    later = deciders.refine(*about(refined), ada, channel="slack", at=at, not_before=at + timedelta(days=1)).action
    deciders.snooze(*about(later), ada, channel="slack", at=at, until=at + timedelta(hours=1))
    deciders.approve(*about(later), bob, channel="slack", at=at)
    deciders.undo(*about(later), bob, channel="slack", at=at)
    carried_out(store, settings, deciders.approve(*about(paid), ada, channel="web", at=at).action, paid_minor=29_00)
    deciders.approve(*about(approved), bob, channel="web", at=at)
    signer = load_signer(settings)
    suppressions = Suppressions(store, signer, Actions(store, signer))
    suppressions.assign(TENANT, approved.leak_id, "slack:T1:U1", person=bob, channel="web", at=at)
    ended = {"person": bob, "channel": "web", "at": at}
    suppressions.dismiss(TENANT, dismissed.leak_id, reason="agreed with them", until=None, **ended)  # type: ignore[arg-type]
    return approved


def test_decisions_of_every_kind_give_what_the_tables_say(store: Store, store_settings: Settings) -> None:
    everything(store, store_settings)
    replayed, kept = replayed_and_kept(store, TENANT)
    assert (replayed.problems, differences(replayed, kept)) == ((), [])
    assert sorted(one.status for one in replayed.actions.values()) == [
        "approved",
        "denied",
        "done",
        "drafted",
        "withdrawn",
    ]
    assert sorted((one.status, one.has_owner, one.is_suppressed) for one in replayed.leaks.values()) == [
        ("acting", True, False),
        ("dismissed", None, True),
    ]


def test_a_suppression_that_was_lifted_is_none_in_both(store: Store, store_settings: Settings) -> None:
    everything(store, store_settings)
    signer = load_signer(store_settings)
    suppressions = Suppressions(store, signer, Actions(store, signer))
    (one,) = suppressions.read(TENANT)
    bob = person(store, "web:bob@example.com", "admin")
    suppressions.lift(TENANT, one.suppression_id, person=bob, channel="web", at=now())
    assert found(store) == []


def test_two_people_who_approved_are_the_same_two_in_both(store: Store, store_settings: Settings) -> None:
    action = proposed(store, store_settings, 1, 50_000_00)
    for who in ("slack:T1:U1", "slack:T1:U2"):
        admin = person(store, who, "admin")
        deciding(store, store_settings).approve(
            TENANT, action.action_id, action.version_hash, admin, channel="slack", at=now()
        )
    replayed, _ = replayed_and_kept(store, TENANT)
    assert len(replayed.actions[action.action_id].approvals) == 2
    assert found(store) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update actions set status = 'done' where action_id = :id", "status is done in the table and approved"),
        ("update actions set amount_minor = 1 where action_id = :id", "version hash is another (the row was changed)"),
        (
            "update actions set bound = replace(bound, 'in_0004', 'in_0009') where action_id = :id",
            "version hash is another (the row was changed)",
        ),
        ("update actions set version = 2 where action_id = :id", "version is 2 in the table and 1"),
        ("delete from action_approvals where action_id = :id", "approved by nobody in the table and by person_"),
        ("update leaks set owner = null where owner is not null or leak_id = :id", "has owner is False in the table"),
        (
            "update leaks set status = 'lapsed' where status = 'dismissed' or leak_id = :id",
            "status is lapsed in the table and dismissed by the records",
        ),
        (
            "update suppressions set lifted_at = created_at where leak_id <> :id",
            "is suppressed is False in the table and True",
        ),
        ("delete from actions where status = 'drafted' and action_id <> :id", "is not in the table, and the records"),
    ],
)
def test_a_table_that_was_changed_beside_the_records_shows(
    sqlite_store: Store, sqlite_settings: Settings, statement: str, said: str
) -> None:
    action = everything(sqlite_store, sqlite_settings)
    with sqlite_store.everyone() as connection:
        connection.execute(text(statement), {"id": action.action_id})
    (difference,) = found(sqlite_store)
    assert said in difference


def test_answers_to_withdrawals_are_the_same_in_both(store: Store, store_settings: Settings) -> None:
    withdrawals = Withdrawals(store, load_signer(store_settings))
    with store.tenant(TENANT) as connection:
        connection.execute(
            text(
                "insert into withdrawals (tenant_id, withdrawal_id, status, detail, asked_at) "
                "values (:tenant, 'w_1', 'asked', '{}', :at)"
            ),
            {"tenant": TENANT, "at": now()},
        )
    bob = person(store, "web:bob@example.com", "admin")
    for status in ("refused", "confirmed"):
        withdrawals.answer(TENANT, "w_1", status, person=bob, channel="cli", at=now())  # type: ignore[arg-type]
    replayed, _ = replayed_and_kept(store, TENANT)
    assert replayed.withdrawals == {"w_1": "confirmed"}
    assert found(store) == []
