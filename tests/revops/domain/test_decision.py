"""Who may decide what: default deny, amounts, two people, nobody their own proposal, and words for each refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from revops.domain.action import Approval, Draft
from revops.domain.decision import (
    LONGEST_NOTE,
    approve,
    deny,
    needed,
    refine,
    snooze,
    undo,
)
from revops.domain.person import Membership, Person, acting_as
from tests.revops.domain.proposals import (
    ACTION,
    ADA,
    AT,
    BEN,
    DRAFT,
    EVE,
    RULES,
    VIC,
    approved_by,
    large,
    refused,
)


@pytest.mark.parametrize(
    ("amount", "people", "is_admin"),
    [
        (100_000, 1, False),
        (100_001, 1, True),
        (1_000_000, 1, True),
        (1_000_001, 2, True),
        (None, 2, True),
    ],
)
def test_larger_amounts_need_more_and_an_unknown_rate_the_most(amount: int | None, people: int, is_admin: bool) -> None:
    need = needed(large(amount).draft, RULES)
    assert (need.people, need.is_admin_needed) == (people, is_admin)


def test_one_yes_is_enough_for_a_small_amount_and_can_be_undone_for_a_while() -> None:
    change = approve(ACTION, ACTION.version_hash, ADA, RULES, "slack", AT)
    assert change.transition == "approve"
    assert change.values["undo_until"] == AT + timedelta(seconds=60)
    assert change.approval == Approval(ADA.person_id, "approver", "slack", AT)


def test_a_large_amount_waits_for_a_second_person() -> None:
    action = large(2_000_000)
    first = approve(action, action.version_hash, ADA, RULES, "slack", AT)
    assert first.transition == "endorse"
    same = refused(lambda: approve(approved_by(action, ADA), action.version_hash, ADA, RULES, "slack", AT))
    assert same.code == "needs_another_person"
    no_admin = refused(lambda: approve(approved_by(action, ADA), action.version_hash, BEN, RULES, "slack", AT))
    assert no_admin.code == "needs_admin"
    second = approve(approved_by(action, ADA), action.version_hash, EVE, RULES, "web", AT)
    assert second.transition == "approve"


def test_an_amount_for_an_admin_takes_an_admin() -> None:
    action = large(200_000)
    assert refused(lambda: approve(action, action.version_hash, ADA, RULES, "slack", AT)).code == "needs_admin"
    assert approve(action, action.version_hash, EVE, RULES, "slack", AT).transition == "approve"


def test_nobody_approves_their_own_proposal() -> None:
    change = refine(
        ACTION, ACTION.version_hash, ADA, "web", AT, rules=RULES, not_before=AT + timedelta(hours=3), note=None
    )
    assert change.draft is not None
    theirs = replace(ACTION, draft=change.draft, version=2, proposed_by=str(change.values["proposed_by"]))
    assert refused(lambda: approve(theirs, theirs.version_hash, ADA, RULES, "web", AT)).code == "own_proposal"
    assert approve(theirs, theirs.version_hash, BEN, RULES, "web", AT).transition == "approve"
    old = refused(lambda: approve(theirs, ACTION.version_hash, BEN, RULES, "web", AT))
    assert (old.code, "version 2" in old.sentence) == ("superseded", True)


@pytest.mark.parametrize(
    "act",
    [
        lambda who: approve(ACTION, ACTION.version_hash, who, RULES, "web", AT),
        lambda who: deny(ACTION, ACTION.version_hash, who, "web", AT, reason="not_now", note=None),
        lambda who: refine(ACTION, ACTION.version_hash, who, "web", AT, rules=RULES, not_before=AT, note="x"),
        lambda who: snooze(ACTION, ACTION.version_hash, who, "web", AT, until=AT + timedelta(days=1)),
        lambda who: undo(replace(ACTION, status="approved"), ACTION.version_hash, who, "web", AT),
    ],
)
def test_a_viewer_decides_nothing(act: Callable[[Person], object]) -> None:
    assert refused(lambda: act(VIC)).code == "not_allowed"
    act(ADA)


def test_what_is_decided_says_who_decided_it() -> None:
    decided = approved_by(replace(ACTION, status="approved"), ADA)
    told = refused(lambda: approve(decided, ACTION.version_hash, BEN, RULES, "web", AT))
    assert (told.code, told.by, told.at) == ("already_decided", ADA.person_id, AT)


def test_a_yes_at_the_very_end_counts_and_one_after_it_does_not() -> None:
    last = ACTION.expires_at - timedelta(microseconds=1)
    assert approve(ACTION, ACTION.version_hash, ADA, RULES, "web", last).transition == "approve"
    assert refused(lambda: approve(ACTION, ACTION.version_hash, ADA, RULES, "web", ACTION.expires_at)).code == "expired"


def test_a_no_has_a_reason_and_other_needs_words() -> None:
    said = deny(ACTION, ACTION.version_hash, ADA, "slack", AT, reason="not_a_leak", note="  paid by wire ")
    assert (said.transition, said.note, said.data) == ("deny", "paid by wire", {"reason": "not_a_leak"})
    for note in (None, "", "   "):
        assert (
            refused(
                lambda note=note: deny(ACTION, ACTION.version_hash, ADA, "slack", AT, reason="other", note=note)
            ).code
            == "bad_reason"
        )


@pytest.mark.parametrize(("length", "is_taken"), [(LONGEST_NOTE, True), (LONGEST_NOTE + 1, False), (10_000, False)])
def test_a_note_has_a_length(length: int, is_taken: bool) -> None:
    def act() -> object:
        return deny(ACTION, ACTION.version_hash, ADA, "slack", AT, reason="other", note="<b>&" + "x" * (length - 4))

    if is_taken:
        act()
    else:
        assert refused(act).code == "bad_reason"


def test_a_time_in_the_past_means_now_and_one_too_far_is_refused() -> None:
    def at(moment: datetime) -> Draft | None:
        return refine(
            ACTION, ACTION.version_hash, ADA, "web", AT + timedelta(hours=1), rules=RULES, not_before=moment, note=None
        ).draft

    early = at(AT - timedelta(days=3))
    assert early is not None
    assert early.not_before == AT + timedelta(hours=1)
    assert refused(lambda: at(AT + timedelta(days=40))).code == "bad_time"


def test_refining_nothing_is_refused_and_a_note_makes_a_version() -> None:
    assert (
        refused(
            lambda: refine(ACTION, ACTION.version_hash, ADA, "web", AT, rules=RULES, not_before=None, note=" ")
        ).code
        == "bad_time"
    )
    change = refine(ACTION, ACTION.version_hash, ADA, "web", AT, rules=RULES, not_before=None, note="call first")
    assert change.draft is not None
    assert change.draft.version_hash != ACTION.version_hash
    assert "call first" not in str(change.draft.bound)
    assert change.draft.basis == DRAFT.basis


@pytest.mark.parametrize("until", [AT, AT - timedelta(days=1), AT + timedelta(days=31)])
def test_a_snooze_has_an_end_that_is_ahead(until: datetime) -> None:
    assert refused(lambda: snooze(ACTION, ACTION.version_hash, ADA, "web", AT, until=until)).code == "bad_time"


def test_what_is_snoozed_does_not_expire_meanwhile() -> None:
    until = AT + timedelta(days=20)
    change = snooze(ACTION, ACTION.version_hash, ADA, "web", AT, until=until)
    assert change.values["snoozed_until"] == until
    assert change.values["expires_at"] > until


def test_a_yes_is_taken_back_until_somebody_carries_it_out() -> None:
    waiting = approved_by(replace(ACTION, status="approved"), ADA)
    assert undo(waiting, ACTION.version_hash, BEN, "web", AT).transition == "undo"
    claimed = replace(waiting, lease_until=AT + timedelta(seconds=1))
    assert refused(lambda: undo(claimed, ACTION.version_hash, BEN, "web", AT)).code == "not_undoable"
    assert undo(claimed, ACTION.version_hash, BEN, "web", AT + timedelta(seconds=1)).transition == "undo"
    for status in ("dispatching", "unknown", "done", "failed", "denied"):
        gone = replace(waiting, status=status)
        assert refused(lambda gone=gone: undo(gone, ACTION.version_hash, BEN, "web", AT)).code == "not_undoable"
    assert refused(lambda: undo(ACTION, ACTION.version_hash, BEN, "web", AT)).code == "not_undoable"


def test_a_role_is_lent_until_a_time_and_never_lowers_ones_own() -> None:
    def member(person: Person, to: str | None = None) -> Membership:
        return Membership(person.person_id, person.role, None, to, AT + timedelta(days=1) if to else None)

    lent = {EVE.person_id: member(EVE, VIC.person_id), VIC.person_id: member(VIC)}
    acting = acting_as(VIC.person_id, lent, AT)
    assert acting is not None
    assert (acting.role, acting.stands_in_for) == ("admin", EVE.person_id)
    later = acting_as(VIC.person_id, lent, AT + timedelta(days=1))
    assert later is not None
    assert later.role == "viewer"
    lower = {VIC.person_id: member(VIC, EVE.person_id), EVE.person_id: member(EVE)}
    still = acting_as(EVE.person_id, lower, AT)
    assert still is not None
    assert (still.role, still.stands_in_for) == ("admin", None)
    assert acting_as("slack:T1:STRANGER", lent, AT) is None
