"""An action has one id whoever drafts it, one key per attempt, and counts as open while money may still move."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from revops.domain.action import ACTION_STATUSES, Action, action_id, idempotency_key
from tests.revops.domain.proposals import ACTION, AT, DRAFT


def test_the_same_attempt_has_the_same_key_whatever_else_is_written_about_it() -> None:
    told = replace(ACTION, status="dispatching", changes=7, reason="again", fencing_token=3, snoozed_until=AT)
    assert idempotency_key(told) == idempotency_key(ACTION)


@pytest.mark.parametrize(
    "other",
    [
        replace(ACTION, tenant_id="globex"),
        replace(ACTION, action_id="act_2"),
        replace(ACTION, version=2),
        replace(ACTION, draft=replace(DRAFT, amount_minor=2901)),
    ],
    ids=["tenant", "action", "version", "amount"],
)
def test_another_attempt_has_another_key_so_that_stripe_answers_it_anew(other: Action) -> None:
    assert idempotency_key(other) != idempotency_key(ACTION)


def test_a_key_says_whose_it_is_and_is_no_longer_than_stripe_takes() -> None:
    assert re.fullmatch(r"leaks-[0-9a-f]{40}", idempotency_key(ACTION))


def test_keys_of_requests_that_are_under_way_stay_the_same_from_release_to_release() -> None:
    # A lost answer is looked up by its key: another spelling would conclude that nothing was charged.
    assert idempotency_key(ACTION) == "leaks-f929a9e3d4341fb36cdfd5af572f9bdb0bd82f64"
    assert action_id("acme", "leak_1", "retry_invoice", 1) == "act_6b20892436254471a602c8d3"


def test_the_nth_action_of_a_leak_is_one_and_every_other_is_another() -> None:
    ids = [
        action_id("acme", "leak_1", "retry_invoice", 1),
        action_id("acme", "leak_1", "retry_invoice", 2),
        action_id("acme", "leak_1", "open_task", 1),
        action_id("acme", "leak_2", "retry_invoice", 1),
        action_id("globex", "leak_1", "retry_invoice", 1),
    ]
    assert len(set(ids)) == len(ids)
    assert ids[0] == action_id("acme", "leak_1", "retry_invoice", 1)
    assert re.fullmatch(r"act_[0-9a-f]{24}", ids[0])


def test_a_button_carries_the_version_of_what_was_seen() -> None:
    assert ACTION.version_hash == DRAFT.version_hash
    assert replace(ACTION, draft=replace(DRAFT, currency="eur")).version_hash != ACTION.version_hash


def test_a_version_is_the_same_wherever_its_time_was_written_down() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert replace(DRAFT, not_before=AT.astimezone(tokyo)).version_hash == DRAFT.version_hash
    assert replace(DRAFT, not_before=AT + timedelta(seconds=1)).version_hash != DRAFT.version_hash
    assert replace(DRAFT, not_before=None).version_hash != DRAFT.version_hash


def test_what_is_proposed_anew_is_new_where_facts_or_request_changed_and_not_for_time_or_note() -> None:
    noted = replace(DRAFT, body={**DRAFT.body, "note": 2}, not_before=AT + timedelta(days=1))
    assert noted.basis == DRAFT.basis
    for changed in (
        replace(DRAFT, amount_minor=2901),
        replace(DRAFT, currency="eur"),
        replace(DRAFT, customer_id="cus_2"),
        replace(DRAFT, facts={"status": "paid"}),
        replace(DRAFT, body={"invoice": "in_2"}),
    ):
        assert changed.basis != DRAFT.basis


def test_money_may_still_move_until_it_is_settled_and_an_unknown_outcome_is_not() -> None:
    unsettled = [status for status in ACTION_STATUSES if replace(ACTION, status=status).is_unsettled]
    assert unsettled == ["drafted", "approved", "dispatching", "unknown"]
