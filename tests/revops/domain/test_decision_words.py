"""What a decision writes down, and the sentence that each refusal is told in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from revops.domain.action import Approval
from revops.domain.decision import (
    LATEST_TIME,
    LONGEST_NOTE,
    LONGEST_SNOOZE,
    Needed,
    Rules,
    approve,
    check_note,
    deny,
    needed,
    refine,
    say_status,
    snooze,
    undo,
)
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

SEEN = ACTION.version_hash
LATER = AT + timedelta(hours=5)


def test_an_approval_is_recorded_with_who_from_where_and_how_many_were_needed() -> None:
    change = approve(ACTION, SEEN, ADA, RULES, "slack", LATER)
    assert (change.person, change.channel, change.data) == (ADA, "slack", {"approvals": 1, "needed": 1})
    assert change.values["snoozed_until"] is None, "a yes wakes what was snoozed"
    assert change.values["expires_at"] == LATER + RULES.expires_after


def test_what_is_approved_for_a_later_day_is_still_there_on_that_day() -> None:
    due = AT + timedelta(days=20)
    action = replace(ACTION, draft=replace(DRAFT, not_before=due))
    assert approve(action, action.version_hash, ADA, RULES, "web", AT).values["expires_at"] == due + timedelta(days=7)
    at_once = replace(ACTION, draft=replace(DRAFT, not_before=None))
    change = approve(at_once, at_once.version_hash, ADA, RULES, "web", AT)
    assert change.values["expires_at"] == AT + timedelta(days=7)


def test_the_first_of_two_is_recorded_as_one_of_two_and_approves_nothing() -> None:
    action = large(2_000_000)
    change = approve(action, action.version_hash, ADA, RULES, "slack", AT)
    assert (change.transition, change.values) == ("endorse", {})
    assert change.approval == Approval(ADA.person_id, "approver", "slack", AT)
    assert (change.person, change.channel, change.data) == (ADA, "slack", {"approvals": 1, "needed": 2})
    second = approve(approved_by(action, ADA), action.version_hash, EVE, RULES, "web", AT)
    assert second.data == {"approvals": 2, "needed": 2}


def test_two_people_may_come_in_either_order_as_long_as_one_is_an_admin() -> None:
    action = large(2_000_000)
    second = approve(approved_by(action, EVE), action.version_hash, ADA, RULES, "web", AT)
    assert second.transition == "approve"


def test_where_only_a_second_person_is_asked_for_two_approvers_are_enough() -> None:
    rules = replace(RULES, admin_above_minor=None)
    action = large(2_000_000)
    assert needed(action.draft, rules) == Needed(2, False)
    assert approve(approved_by(action, ADA), action.version_hash, BEN, rules, "web", AT).transition == "approve"


def test_without_limits_one_approver_is_enough_for_any_amount_and_any_currency() -> None:
    none = Rules(None, None, timedelta(days=7), timedelta(0))
    for amount in (1, 10**12, None):
        assert needed(large(amount).draft, none) == Needed(1, False)


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (Needed(1, False), "one approver"),
        (Needed(1, True), "an admin"),
        (Needed(2, False), "two people"),
        (Needed(2, True), "two people, one of them an admin"),
    ],
)
def test_what_is_needed_is_said_to_people(need: Needed, words: str) -> None:
    assert need.words == words


def test_each_refusal_of_a_yes_says_what_to_do_instead() -> None:
    own = refused(lambda: approve(replace(ACTION, proposed_by=ADA.person_id), SEEN, ADA, RULES, "web", AT))
    assert str(own) == own.sentence == "You proposed this version; somebody else must approve it."
    action = large(2_000_000)
    again = refused(lambda: approve(approved_by(action, ADA), action.version_hash, ADA, RULES, "web", AT))
    assert (again.sentence, again.by) == ("You have approved this already; it needs a second person.", ADA.person_id)
    admin = refused(lambda: approve(approved_by(action, ADA), action.version_hash, BEN, RULES, "web", AT))
    assert admin.sentence == "The amount needs an admin's approval."
    late = refused(lambda: approve(ACTION, SEEN, ADA, RULES, "web", ACTION.expires_at))
    assert late.sentence == "This proposal has expired; a fresh one follows if it still leaks."
    viewer = refused(lambda: approve(ACTION, SEEN, VIC, RULES, "web", AT))
    assert viewer.sentence == "Your role here is viewer; deciding takes an approver. Ask an admin of yours."


def test_an_old_button_is_told_which_version_counts_and_since_when() -> None:
    newer = replace(ACTION, version=3, updated_at=LATER)
    for act in (
        lambda: approve(newer, "old", ADA, RULES, "web", LATER),
        lambda: undo(replace(newer, status="approved"), "old", ADA, "web", LATER),
    ):
        told = refused(act)
        assert (told.code, told.by, told.at) == ("superseded", None, LATER)
        assert told.sentence == "This was replaced by version 3, which rests on newer facts. Decide on that one."


def test_who_comes_too_late_hears_what_became_of_it_who_decided_and_when() -> None:
    decided = replace(approved_by(replace(ACTION, status="approved"), ADA, EVE), updated_at=LATER)
    told = refused(lambda: deny(decided, SEEN, BEN, "web", LATER, reason="not_now", note=None))
    assert told.sentence == "This is decided already: it is approved and waits for its time."
    assert (told.code, told.by, told.at) == ("already_decided", EVE.person_id, AT)
    denied = replace(ACTION, status="denied", updated_at=LATER)
    told = refused(lambda: approve(denied, SEEN, BEN, RULES, "web", LATER))
    assert (told.sentence, told.by, told.at) == ("This is decided already: it is denied.", None, LATER)


def test_what_has_expired_is_said_to_have_expired_and_not_to_be_decided() -> None:
    gone = replace(ACTION, status="expired", updated_at=LATER)
    assert refused(lambda: approve(gone, SEEN, ADA, RULES, "web", LATER)).code == "expired"


def test_an_unknown_outcome_is_said_in_words_and_any_status_has_some() -> None:
    assert say_status(replace(ACTION, status="unknown")).endswith("which is being looked up")
    assert say_status(replace(ACTION, status="withdrawn")) == "withdrawn"


def test_a_no_is_recorded_with_who_when_and_why_and_its_note_apart() -> None:
    change = deny(ACTION, SEEN, ADA, "cli", LATER, reason="wrong_amount", note="half of it")
    assert (change.person, change.channel, change.note) == (ADA, "cli", "half of it")
    assert change.values == {"ended_at": LATER, "reason": "wrong_amount"}
    assert change.data == {"reason": "wrong_amount"}, "a person's words are in no signed record"
    wordless = refused(lambda: deny(ACTION, SEEN, ADA, "cli", LATER, reason="other", note=None))
    assert wordless.sentence == "Say in a few words why, or choose one of the reasons."
    assert deny(ACTION, SEEN, ADA, "cli", LATER, reason="handled_elsewhere", note=None).note is None


def test_a_note_that_is_too_long_says_by_how_much() -> None:
    told = refused(lambda: check_note("x" * (LONGEST_NOTE + 1)))
    assert told.sentence == "That is 2,001 characters; please say it in at most 2,000."
    assert (check_note(" ok "), check_note("  "), check_note(None)) == ("ok", None, None)


def refined(not_before: datetime | None, note: str | None = None, at: datetime = AT) -> object:
    return refine(ACTION, SEEN, ADA, "web", at, rules=RULES, not_before=not_before, note=note)


def test_another_version_is_proposed_by_who_made_it_and_is_asked_about_afresh() -> None:
    change = refine(ACTION, SEEN, ADA, "slack", LATER, rules=RULES, not_before=None, note=" call first ")
    assert (change.transition, change.person, change.channel, change.note) == ("refine", ADA, "slack", "call first")
    assert change.values == {
        "proposed_by": ADA.person_id,
        "snoozed_until": None,
        "expires_at": LATER + RULES.expires_after,
    }


def test_each_note_makes_a_version_of_its_own_also_the_second() -> None:
    first = refine(ACTION, SEEN, ADA, "web", AT, rules=RULES, not_before=None, note="one").draft
    assert first is not None
    noted = replace(ACTION, draft=first, changes=ACTION.changes + 1)
    second = refine(noted, noted.version_hash, ADA, "web", AT, rules=RULES, not_before=None, note="two").draft
    assert second is not None
    assert len({DRAFT.version_hash, first.version_hash, second.version_hash}) == 3


def test_a_time_may_be_as_far_ahead_as_it_says_and_no_further() -> None:
    refined(AT + LATEST_TIME)
    told = refused(lambda: refined(AT + LATEST_TIME + timedelta(seconds=1)))
    assert (told.code, told.sentence) == ("bad_time", "Choose a time within 30 days.")
    nothing = refused(lambda: refined(DRAFT.not_before))
    assert (nothing.code, nothing.sentence) == (
        "bad_time",
        "Nothing was changed: choose another time or write a note.",
    )


def test_a_snooze_may_be_as_long_as_it_says_and_is_asked_again_for_a_day_at_least() -> None:
    until = AT + LONGEST_SNOOZE
    change = snooze(ACTION, SEEN, ADA, "slack", AT, until=until)
    assert (change.transition, change.person, change.channel) == ("snooze", ADA, "slack")
    assert change.values == {"snoozed_until": until, "expires_at": until + timedelta(days=1)}
    assert change.data == {"until": "2026-12-12T12:00:00+00:00"}
    short = snooze(ACTION, SEEN, ADA, "slack", AT, until=AT + timedelta(hours=1))
    assert short.values["expires_at"] == ACTION.expires_at, "a snooze shortens nothing"
    told = refused(lambda: snooze(ACTION, SEEN, ADA, "slack", AT, until=until + timedelta(seconds=1)))
    assert told.sentence == "Choose a time within 30 days from now."


def test_taking_a_yes_back_is_recorded_and_closes_the_window() -> None:
    waiting = approved_by(replace(ACTION, status="approved", undo_until=AT), ADA)
    change = undo(waiting, SEEN, BEN, "slack", AT)
    assert (change.values, change.person, change.channel) == ({"undo_until": None}, BEN, "slack")


def test_the_first_of_two_approvals_can_be_taken_back_too() -> None:
    assert undo(approved_by(large(2_000_000), ADA), large(2_000_000).version_hash, ADA, "web", AT).transition == "undo"
    told = refused(lambda: undo(ACTION, SEEN, ADA, "web", AT))
    assert told.sentence == "It cannot be undone any more: it is waiting for a decision."
