"""What somebody hears who decides, from wherever they do; every refusal that is no slip is in the security log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from revops.domain.action import Action
from revops.domain.decision import DecisionRefusedError, Rules
from revops.domain.person import Person
from revops.service.decide import Decided, Deciding
from revops.settings import Settings
from revops.store import Store
from revops.store.actions import Actions
from revops.store.decisions import Decisions
from revops.store.signing_keys import load_signer
from tests.revops.domain.proposals import ADA, BEN, EVE, VIC, refused
from tests.revops.store.proposed import TENANT, proposed

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

AT = datetime(2026, 11, 12, 12, tzinfo=UTC)


@dataclass
class Office:
    """A tenant whose people decide; `noted` is what the security log was told."""

    store: Store
    settings: Settings
    rules: Rules = field(default=Rules(None, None, timedelta(days=7), timedelta(seconds=60)))
    noted: list[tuple[str, str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.actions = Actions(self.store, load_signer(self.settings))
        self.asked_for: list[str] = []
        self.deciding = Deciding(self.actions, self._rules, self._note)

    def proposed(self, **how: Any) -> Action:
        return proposed(self.store, self.settings, at=AT, **how)

    def say(self, verb: str, action: Action, person: Person = ADA, *, at: datetime = AT, **how: Any) -> Decided:
        what: Callable[..., Decided] = getattr(self.deciding, verb)
        return what(TENANT, action.action_id, action.version_hash, person, channel="web", at=at, **how)

    def records(self) -> list[tuple[str, str, str]]:
        """What is in the signed log: kind, role and channel of each record."""
        return [(one.kind, one.actor.role, one.actor.channel) for one in _read(self.store)]

    def _rules(self, tenant_id: str) -> Rules:
        self.asked_for.append(tenant_id)
        return self.rules

    def _note(self, tenant_id: str, refusal: DecisionRefusedError, person_id: str, action_id: str) -> None:
        self.noted.append((tenant_id, refusal.code, person_id, action_id))


def _read(store: Store) -> list[Any]:
    return [one.record for one in Decisions(store).read(TENANT)]


@pytest.fixture
def office(sqlite_store: Store, sqlite_settings: Settings) -> Office:
    return Office(sqlite_store, sqlite_settings)


def test_a_yes_says_when_it_is_carried_out_and_how_long_it_can_be_undone(office: Office) -> None:
    done = office.say("approve", office.proposed())
    assert done.sentence == "Approved. It is carried out at once; you have 60 s to undo it."
    assert (done.action.status, done.action.undo_until) == ("approved", AT + timedelta(seconds=60))
    assert done.action.approvals[0].person_id == ADA.person_id
    assert office.asked_for == [TENANT], "a tenant's own rules"


@pytest.mark.parametrize(
    ("ahead", "when"),
    [
        (timedelta(0), "at once"),
        (timedelta(hours=-1), "at once"),
        (timedelta(hours=30), "on 2026-11-13 18:00 UTC"),
    ],
)
def test_a_yes_to_a_later_time_says_the_time(office: Office, ahead: timedelta, when: str) -> None:
    office.rules = replace(office.rules, undo_for=timedelta(0))
    done = office.say("approve", office.proposed(not_before=AT + ahead))
    assert done.sentence == f"Approved. It is carried out {when}."


def test_the_first_of_two_hears_that_nothing_happens_before_the_second(office: Office) -> None:
    office.rules = replace(office.rules, two_people_above_minor=1_000)
    action = office.proposed()
    first = office.say("approve", action)
    assert first.sentence == "Noted. It needs a second person before anything happens."
    assert first.action.status == "drafted"
    second = office.say("approve", action, BEN)
    assert (second.action.status, len(second.action.approvals)) == ("approved", 2)
    assert [kind for kind, _role, _channel in office.records()] == ["action.draft", "action.endorse", "action.approve"]


def test_a_no_ends_it_with_its_reason(office: Office) -> None:
    action = office.proposed()
    done = office.say("deny", action, reason="wrong_amount", note="  half was paid ")
    assert done.sentence == "Denied. Nothing is carried out."
    assert (done.action.status, done.action.reason, done.action.ended_at) == ("denied", "wrong_amount", AT)
    assert ("action.deny", "approver", "web") in office.records()
    assert refused(lambda: office.say("approve", action, BEN)).code == "already_decided"


def test_a_no_for_another_reason_says_which(office: Office) -> None:
    action = office.proposed()
    assert refused(lambda: office.say("deny", action, reason="other")).code == "bad_reason"
    assert office.actions.get(TENANT, action.action_id) == action
    assert office.say("deny", action, reason="other", note="they called").action.status == "denied"


def test_another_time_is_another_version_that_somebody_else_approves(office: Office) -> None:
    action = office.proposed()
    done = office.say("refine", action, not_before=AT + timedelta(days=2))
    assert done.sentence == "Changed: this is version 2 now. Somebody else must approve it."
    assert (done.action.draft.not_before, done.action.version) == (AT + timedelta(days=2), 2)
    assert office.asked_for == [TENANT], "a tenant's own rules say how long it is asked about"
    assert refused(lambda: office.say("approve", done.action)).code == "own_proposal"
    assert refused(lambda: office.say("approve", action, BEN)).code == "superseded"
    assert office.say("approve", done.action, BEN).action.status == "approved"


def test_a_note_alone_is_another_version_too(office: Office) -> None:
    done = office.say("refine", office.proposed(), note="call them first")
    assert done.action.version == 2
    assert "call them first" not in str(done.action.draft.bound)


def test_what_is_snoozed_says_when_it_comes_back(office: Office) -> None:
    done = office.say("snooze", office.proposed(), until=AT + timedelta(days=2, hours=3))
    assert done.sentence == "It comes back on 2026-11-14 15:00 UTC."
    assert done.action.snoozed_until == AT + timedelta(days=2, hours=3)


def test_a_yes_that_is_taken_back_waits_again_and_has_to_be_given_again(office: Office) -> None:
    action = office.proposed()
    office.say("approve", action)
    done = office.say("undo", action, BEN)
    assert done.sentence == "Taken back. It waits for a decision again."
    assert (done.action.status, done.action.approvals, done.action.undo_until) == ("drafted", (), None)
    assert office.say("approve", action).action.status == "approved"


def test_who_lacks_the_role_is_refused_and_noted_for_every_verb(office: Office) -> None:
    action = office.proposed()
    verbs: dict[str, dict[str, Any]] = {
        "approve": {},
        "deny": {"reason": "not_now"},
        "refine": {"note": "later"},
        "snooze": {"until": AT + timedelta(days=1)},
        "undo": {},
    }
    for verb, how in verbs.items():
        assert refused(lambda verb=verb, how=how: office.say(verb, action, VIC, **how)).code == "not_allowed"
    assert office.noted == [(TENANT, "not_allowed", VIC.person_id, action.action_id)] * len(verbs)
    assert office.actions.get(TENANT, action.action_id) == action


def test_an_amount_for_an_admin_is_refused_to_others_and_noted(office: Office) -> None:
    office.rules = replace(office.rules, admin_above_minor=1_000)
    action = office.proposed()
    assert refused(lambda: office.say("approve", action)).code == "needs_admin"
    assert office.noted == [(TENANT, "needs_admin", ADA.person_id, action.action_id)]
    assert office.say("approve", action, EVE).action.status == "approved"


def test_an_action_that_is_not_there_is_noted_and_a_slip_is_not(office: Office) -> None:
    action = office.proposed()
    elsewhere = replace(action, action_id="act_of_another_tenant")
    assert refused(lambda: office.say("approve", elsewhere)).code == "unknown_action"
    assert office.noted == [(TENANT, "unknown_action", ADA.person_id, "act_of_another_tenant")]
    office.say("approve", action)
    again = refused(lambda: office.say("approve", action, BEN, at=AT + timedelta(seconds=1)))
    assert (again.code, again.by, again.at) == ("already_decided", ADA.person_id, AT)
    assert len(office.noted) == 1, "two people who decide at once are nobody's attack"


def test_a_decision_says_from_where_it_came(office: Office) -> None:
    action = office.proposed()
    office.deciding.approve(TENANT, action.action_id, action.version_hash, ADA, channel="slack", at=AT)
    office.deciding.undo(TENANT, action.action_id, action.version_hash, ADA, channel="cli", at=AT)
    office.deciding.snooze(
        TENANT, action.action_id, action.version_hash, ADA, channel="web", at=AT, until=AT + timedelta(days=1)
    )
    office.deciding.refine(TENANT, action.action_id, action.version_hash, ADA, channel="slack", at=AT, note="x")
    (now,) = office.actions.read(TENANT)
    office.deciding.deny(TENANT, now.action_id, now.version_hash, EVE, channel="cli", at=AT, reason="not_now")
    assert office.records()[1:] == [
        ("action.approve", "approver", "slack"),
        ("action.undo", "approver", "cli"),
        ("action.snooze", "approver", "web"),
        ("action.refine", "approver", "slack"),
        ("action.deny", "admin", "cli"),
    ]
