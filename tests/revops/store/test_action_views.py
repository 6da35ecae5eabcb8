"""What pages ask of actions: how many await a decision, what ended last, what came in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from revops.bootstrap_actions import deciding
from revops.domain.action import Action
from revops.domain.person import Person
from revops.settings import Settings
from revops.store import Store
from revops.store.action_views import ActionViews
from revops.store.tenants import Tenants
from tests.revops.store.proposed import TENANT, carried_out, now, person, proposed

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")


def approved(store: Store, store_settings: Settings, ada: Person, number: int, amount: int, currency: str) -> Action:
    action = proposed(store, store_settings, number, amount, currency)
    say = deciding(store, store_settings)
    return say.approve(TENANT, action.action_id, action.version_hash, ada, channel="web", at=now()).action


def test_what_came_in_is_summed_per_currency_and_only_what_was_answered(store: Store, store_settings: Settings) -> None:
    ada = person(store, "web:ada@example.com")
    for number, (amount, currency) in enumerate([(29_00, "usd"), (31_00, "usd"), (4_000, "jpy"), (99_00, "eur")], 1):
        action = approved(store, store_settings, ada, number, amount, currency)
        carried_out(store, store_settings, action, paid_minor=amount if currency != "eur" else None)
    proposed(store, store_settings, 9, 70_00)
    assert ActionViews(store).recovered(TENANT) == {"usd": 60_00, "jpy": 4_000}


def test_what_was_put_off_or_has_expired_does_not_wait_for_a_decision(store: Store, store_settings: Settings) -> None:
    ada, at = person(store, "web:ada@example.com"), now()
    _waits, later = (proposed(store, store_settings, number, at=at) for number in (1, 2))
    proposed(store, store_settings, 3, at=at - timedelta(days=8))
    until = at + timedelta(days=2)
    say = deciding(store, store_settings)
    say.snooze(TENANT, later.action_id, later.version_hash, ada, channel="web", at=now(), until=until)
    views = ActionViews(store)
    assert views.waiting(TENANT, now()) == 1
    assert views.waiting(TENANT, until) == 2, "it comes back"


def test_what_ended_last_stands_first(store: Store, store_settings: Settings) -> None:
    ada, at = person(store, "web:ada@example.com"), now()
    for number in (1, 2, 3):
        action = approved(store, store_settings, ada, number, 29_00, "usd")
        carried_out(store, store_settings, action, paid_minor=29_00, at=at + timedelta(minutes=number))
    proposed(store, store_settings, 4)
    ended = ActionViews(store).ended(TENANT, limit=2)
    assert [one.root_cause for one in ended] == ["invoice:in_0003", "invoice:in_0002"]


def test_another_tenants_actions_are_not_seen(store: Store, store_settings: Settings) -> None:
    Tenants(store).add("acme", None, actor="test", at=now())
    action = approved(store, store_settings, person(store, "web:ada@example.com"), 1, 29_00, "usd")
    carried_out(store, store_settings, action, paid_minor=29_00)
    proposed(store, store_settings, 2)
    views = ActionViews(store)
    assert (views.waiting("acme", now()), views.ended("acme", limit=9), views.recovered("acme")) == (0, [], {})
