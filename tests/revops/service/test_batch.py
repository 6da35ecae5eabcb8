"""A batch is previewed by the rules that decide, and each yes stands by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from revops.domain.action import Action
from revops.domain.decision import Rules
from revops.domain.person import Person
from revops.domain.proposal import Proposal
from revops.service.batch import Foreseen, approve_each, foresee, totals
from revops.service.decide import Deciding
from revops.settings import Settings
from revops.store import Store
from revops.store.actions import Actions
from revops.store.leaks import Leaks
from revops.store.signing_keys import load_signer
from tests.revops.domain.proposals import ADA, AT, BEN, EVE, VIC, approved_by
from tests.revops.store.proposed import TENANT, proposed

RULES = Rules(100_000, 1_000_000, timedelta(days=7), timedelta(seconds=60))


@pytest.fixture
def shown(sqlite_store: Store, sqlite_settings: Settings) -> Any:
    """Makes proposals as pages show them, of one invoice each."""

    def make(number: int = 1, amount_minor: int = 29_00, currency: str = "usd", **how: Any) -> Proposal:
        action = proposed(sqlite_store, sqlite_settings, number, amount_minor, currency, at=AT, **how)
        (leak,) = Leaks(sqlite_store).get(TENANT, [action.leak_id])
        return Proposal(action, leak, None, None, (), "", needs="one approver")

    return make


@pytest.fixture
def deciding(sqlite_store: Store, sqlite_settings: Settings) -> Deciding:
    return Deciding(Actions(sqlite_store, load_signer(sqlite_settings)), lambda _tenant: RULES, lambda *_refusal: None)


def foreseen(proposal: Proposal, person: Person = ADA, rules: Rules = RULES) -> Foreseen:
    (found,) = foresee([proposal], person, rules, "web", AT)
    assert found.proposal is proposal
    return found


def changed(proposal: Proposal, **how: Any) -> Proposal:
    return replace(proposal, action=replace(proposal.action, **how))


def test_a_yes_that_is_enough_says_when_it_is_carried_out_and_until_when_it_can_be_undone(shown: Any) -> None:
    found = foreseen(shown())
    assert found.sentence == "It is carried out at once, after 60 s to undo it."
    assert (found.is_carried_out, found.is_refused) == (True, False)


def test_a_later_time_is_said_and_one_that_has_come_is_at_once(shown: Any) -> None:
    rules = replace(RULES, undo_for=timedelta(0))
    for ahead, when in ((-1, "at once"), (0, "at once"), (1, "from 2026-11-12 13:00 UTC on")):
        found = foreseen(shown(number=5 + ahead, not_before=AT + timedelta(hours=ahead)), rules=rules)
        assert found.sentence == f"It is carried out {when}."


def test_a_yes_that_is_not_enough_says_who_else_is_needed_and_carries_nothing_out(shown: Any) -> None:
    of_two = replace(shown(amount_minor=2_000_000), needs="two people, one of them an admin")
    found = foreseen(of_two)
    assert found.sentence == (
        "Your yes is noted; it needs two people, one of them an admin, so somebody else must say yes too."
    )
    assert (found.is_carried_out, found.is_refused) == (False, False)
    second = replace(of_two, action=approved_by(of_two.action, ADA))
    assert foreseen(second, EVE).is_carried_out


def test_what_would_be_refused_says_why_and_counts_nowhere(shown: Any) -> None:
    for_an_admin = shown(amount_minor=100_001)
    found = foreseen(for_an_admin)
    assert found.sentence == "The amount needs an admin's approval."
    assert (found.is_carried_out, found.is_refused) == (False, True)
    assert foreseen(for_an_admin, EVE).is_carried_out
    assert foreseen(for_an_admin, VIC).is_refused
    assert foreseen(changed(for_an_admin, expires_at=AT), EVE).is_refused


def test_totals_add_up_what_would_be_asked_for_and_never_across_currencies(shown: Any) -> None:
    asked = [shown(1, 29_00), shown(2, 31_00), shown(3, 4_000, "jpy"), shown(4, 100_001), shown(5, 2_000_000)]
    assert totals(foresee(asked, ADA, RULES, "web", AT)) == {"usd": 60_00, "jpy": 4_000}
    assert totals([]) == {}


def test_the_preview_says_what_then_happens(shown: Any, deciding: Deciding) -> None:
    asked = [shown(1), shown(2, 100_001), shown(3, 2_000_000), shown(4, not_before=AT + timedelta(days=1))]
    found = foresee(asked, ADA, RULES, "web", AT)
    answers = approve_each(deciding, TENANT, versions(*asked), ADA, channel="web", at=AT)
    assert [one.is_taken for one in answers] == [not one.is_refused for one in found]
    now = {one.action_id: one.status for one in deciding.actions.read(TENANT)}  # type: ignore[attr-defined]
    assert [now[one.action.action_id] == "approved" for one in asked] == [one.is_carried_out for one in found]


def versions(*asked: Proposal) -> list[tuple[str, str]]:
    return [(one.action.action_id, one.action.version_hash) for one in asked]


def test_one_that_is_refused_stops_no_other_and_each_has_its_answer(shown: Any, deciding: Deciding) -> None:
    first, stale, last = shown(1), shown(2), shown(3)
    seen = versions(first, stale, last)
    seen[1] = (seen[1][0], "an older version")
    answers = approve_each(deciding, TENANT, seen, ADA, channel="slack", at=AT)
    assert [(one.action_id, one.is_taken) for one in answers] == [
        (first.action.action_id, True),
        (stale.action.action_id, False),
        (last.action.action_id, True),
    ]
    assert answers[0].sentence == "Approved. It is carried out at once; you have 60 s to undo it."
    assert "replaced by version 1" in answers[1].sentence


def test_a_batch_decides_each_as_the_person_from_that_place_at_that_moment(shown: Any, deciding: Deciding) -> None:
    one = shown()
    approve_each(deciding, TENANT, versions(one), BEN, channel="cli", at=AT)
    held: Action | None = deciding.actions.get(TENANT, one.action.action_id)  # type: ignore[attr-defined]
    assert held is not None
    assert [(given.person_id, given.channel, given.approved_at) for given in held.approvals] == [
        (BEN.person_id, "cli", AT)
    ]
