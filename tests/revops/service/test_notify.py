"""Every change of an action reaches people once, whatever breaks on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from revops.domain.message import Notified, Posted
from revops.store import Store
from revops.store.slack_messages import SlackMessages
from sandbox.slack import Running, running
from tests.revops.messages.cases import ADA, approvals
from tests.revops.service.telling import KIND, TENANT, Desk


@pytest.fixture
def slack() -> Iterator[Running]:
    with running() as one:
        yield one


@pytest.fixture
def desk(sqlite_store: Store, slack: Running, no_io_inside_transactions: None) -> Desk:
    return Desk(sqlite_store, slack)


def test_a_new_proposal_is_posted_within_two_seconds_and_changed_to_its_outcome(desk: Desk) -> None:
    desk.change(1)
    started = time.perf_counter()
    assert desk.tell() == Notified(posted=1)
    assert time.perf_counter() - started < 2
    desk.change(1, status="approved", approvals=approvals(ADA))
    assert desk.tell() == Notified(updated=1)
    desk.change(1, status="done")
    assert desk.tell() == Notified(updated=1)
    (message,) = desk.slack.workspace.messages.values()
    assert "Done" in str(message.blocks)
    assert "leaks_approve" not in str(message.blocks)
    assert len(desk.posted) == 1


def test_the_same_change_told_twice_and_two_changes_at_once_are_one_message(desk: Desk) -> None:
    desk.change(1)
    desk.change(1, snoozed_until=None)
    assert desk.tell() == Notified(posted=1)
    desk.change(1)
    assert desk.tell() == Notified()
    assert desk.outbox.claim(desk.at + timedelta(days=1)) == []


def test_what_ended_before_anybody_was_told_needs_nobody(desk: Desk) -> None:
    desk.change(1, status="withdrawn")
    desk.proposals.pop(desk.change(2))
    assert desk.tell() == Notified()
    assert desk.outbox.claim(desk.at + timedelta(days=1)) == []


def test_a_customers_messages_hang_on_the_first_and_each_goes_where_the_policy_says(desk: Desk) -> None:
    desk.channel = lambda one: "#finance" if one.leak.amount_minor > 500_000 else "#revenue"
    for number, how in enumerate(({}, {}, {"customer_id": "cus_other"}, {"amount_minor": 900_000}), 1):
        desk.change(number, **how)
        assert desk.tell() == Notified(posted=1)
    root, reply, other, large = desk.slack.record.of("posted")
    assert reply.thread_ts == root.ts
    assert (root.thread_ts, other.thread_ts, large.thread_ts) == (None, None, None)
    assert [one.channel for one in (root, reply, other, large)] == ["C000000001"] * 3 + ["C000000002"]


def test_messages_about_somebody_who_was_erased_are_written_anew(desk: Desk) -> None:
    desk.change(1)
    desk.change(2, customer_id="cus_other")
    desk.tell()
    desk.proposals = {key: replace(one, customer_name=None) for key, one in desk.proposals.items()}
    assert desk.messages.tell_again(TENANT, "cus_northwind", desk.at) == 1
    assert desk.tell() == Notified(updated=1)
    assert ["Northwind" in str(one.blocks) for one in desk.slack.workspace.messages.values()].count(True) == 1


def test_where_the_policy_names_no_channel_nobody_is_told(desk: Desk) -> None:
    desk.channel = lambda _one: None
    desk.change(1)
    assert desk.tell() == Notified()
    assert desk.posted == []


def test_a_thread_that_was_deleted_is_begun_anew(desk: Desk) -> None:
    desk.change(1)
    desk.tell()
    desk.slack.workspace.messages.clear()
    desk.change(2)
    assert desk.tell() == Notified(posted=1)
    assert desk.slack.record.of("posted")[-1].thread_ts is None


def test_a_message_that_somebody_removed_is_left_alone(desk: Desk) -> None:
    desk.change(1)
    desk.tell()
    desk.slack.workspace.messages.clear()
    for status in ("approved", "done"):
        desk.change(1, status=status)
        assert desk.tell() == Notified()
    assert len(desk.posted) == 1


def test_a_snooze_that_is_over_is_said_once_below_the_message(desk: Desk) -> None:
    desk.change(1, snoozed_until=desk.at + timedelta(days=1))
    desk.tell()
    desk.later(days=1)
    desk.change(1, "wake", snoozed_until=None)
    assert desk.tell() == Notified(posted=1, updated=1)
    first, said = desk.slack.workspace.messages.values()
    assert said.thread_ts == first.ts
    assert said.text == "The snooze is over: USD 1,240.00 for Northwind Traders awaits a decision again."
    assert "leaks_approve" not in str(said.blocks), "it is decided on where it stands"
    desk.change(1)
    assert desk.tell() == Notified()


def test_a_word_about_a_snooze_that_slack_did_not_take_is_said_once_later(desk: Desk) -> None:
    desk.change(1)
    desk.tell()
    desk.change(1, "wake")
    desk.slack.fail_next("chat.postMessage", "500")
    assert desk.tell().posted == 0
    for _ in range(2):
        desk.later(minutes=20)
        desk.tell()
    assert len(desk.posted) == 2


def test_what_was_decided_before_its_snooze_is_over_is_not_asked_about_again(desk: Desk) -> None:
    desk.change(1)
    desk.tell()
    desk.change(1, "wake", status="denied")
    assert desk.tell() == Notified(updated=1)


def test_a_proposal_of_a_digest_is_shown_when_its_snooze_is_over(desk: Desk) -> None:
    desk.digest_above = 0
    action_id = desk.change(1)
    desk.tell()
    desk.change(1, "wake")
    assert desk.tell().posted == 1
    assert desk.posted[-1] == action_id


def test_a_flood_is_one_digest_which_follows_what_is_decided(desk: Desk) -> None:
    for number in range(1, 31):
        desk.change(number, customer_id=f"cus_{number}")
    assert desk.tell() == Notified(digests=1)
    assert "30 new proposals" in desk.slack.record.of("posted")[0].text
    desk.change(31)
    desk.change(2, status="denied")
    assert desk.tell().failures == ()
    (message,) = desk.slack.workspace.messages.values()
    assert "31 new proposals" in message.text
    assert "30 wait for a decision, 1 are decided" in str(message.blocks)


def test_few_at_a_time_are_messages_until_an_hour_has_too_many(desk: Desk) -> None:
    for number in range(1, 11):
        desk.change(number)
        assert desk.tell() == Notified(posted=1)
    desk.change(11)
    assert desk.tell() == Notified(digests=1)
    desk.later(hours=2)
    desk.change(12)
    assert desk.tell() == Notified(posted=1)


def test_a_proposal_of_a_digest_is_shown_once_and_then_changed_in_both(desk: Desk) -> None:
    desk.digest_above = 0
    action_id = desk.change(1)
    desk.change(2)
    desk.tell()
    assert desk.show(action_id)
    assert not desk.show(action_id)
    assert not desk.show("act_of_nobody")
    digest, shown = desk.slack.record.of("posted")
    assert shown.thread_ts == digest.ts
    desk.change(1, status="denied")
    assert desk.tell() == Notified(updated=1, digests=1)


@pytest.mark.parametrize("kind", ["400", "401", "403", "404", "429", "500", "garbage", "half", "nothing"])
@pytest.mark.parametrize("after", [False, True])
def test_whatever_slack_answers_the_message_is_there_once_in_the_end(desk: Desk, kind: Any, after: bool) -> None:
    desk.slack.fail_next("chat.postMessage", kind, after_execution=after, code="team_not_found", retry_after=7)
    desk.change(1)
    failed = desk.tell()
    assert (failed.posted, len(failed.failures)) == (0, 1)
    waiting = desk.outbox.waiting([KIND])
    assert [(one.tenant_id, one.messages, one.error) for one in waiting] == [(TENANT, 1, failed.failures[0])]
    assert desk.tell() == Notified()
    desk.later(seconds=7)
    assert desk.tell().posted == 1
    assert desk.posted == ["act_0001"]
    assert desk.outbox.waiting([KIND]) == []


def test_slack_down_is_asked_once_a_pass_ever_more_rarely_and_nothing_is_lost(desk: Desk) -> None:
    desk.slack.fail_next("chat.*", "500", times=10**6)
    for number in range(1, 6):
        desk.change(number)
    tries: list[timedelta] = []
    start = desk.at
    while desk.at < start + timedelta(hours=2):
        if desk.tell().failures:
            tries.append(desk.at - start)
        desk.later(seconds=5)
    assert tries[:5] == [timedelta(seconds=s) for s in (0, 5, 15, 35, 75)]
    assert max(b - a for a, b in pairwise(tries)) == timedelta(minutes=15)
    desk.slack.faults.clear()
    desk.later(minutes=15)
    assert desk.tell().posted == 5
    assert sorted(map(str, desk.posted)) == [f"act_{number:04d}" for number in range(1, 6)]


def test_one_message_that_slack_refuses_holds_up_no_other(desk: Desk) -> None:
    desk.slack.fail_next("chat.postMessage", "refused", code="invalid_blocks")
    desk.change(1)
    desk.change(2)
    told = desk.tell()
    assert (told.posted, len(told.failures)) == (1, 1)


class DiesError(Exception):
    """The process ends here."""


@pytest.mark.parametrize("is_in_thread", [False, True])
def test_dying_between_posting_and_noting_it_posts_no_second(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_in_thread: bool
) -> None:
    if is_in_thread:
        desk.change(1)
        desk.tell()

    def die(*_: object) -> None:
        raise DiesError

    desk.change(2)
    with monkeypatch.context() as patched:
        patched.setattr(SlackMessages, "posted", die)
        with pytest.raises(DiesError):
            desk.tell()
    before = list(desk.posted)
    desk.later(minutes=3)
    assert desk.tell().failures == ()
    assert desk.posted == before
    kept = desk.messages.read(TENANT, ["act_0002"])["act_0002"]
    assert kept.posted == Posted("C000000001", str(desk.slack.record.of("posted")[-1].ts))
    desk.change(2, status="denied")
    assert desk.tell() == Notified(updated=1)


def test_dying_before_posting_posts_it_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise DiesError

    desk.change(1)
    with monkeypatch.context() as patched:
        patched.setattr(type(desk.people), "post", die)
        with pytest.raises(DiesError):
            desk.tell()
    desk.later(minutes=3)
    assert desk.tell() == Notified(posted=1)
    assert desk.posted == ["act_0001"]


def test_without_the_right_to_look_two_messages_are_better_than_none(desk: Desk) -> None:
    desk.slack.fail_next("chat.postMessage", "nothing", after_execution=True)
    desk.slack.workspace.scopes = frozenset({"chat:write"})
    desk.change(1)
    desk.tell()
    desk.later(seconds=10)
    assert desk.tell() == Notified(posted=1)
    assert desk.posted == ["act_0001", "act_0001"]


def test_two_senders_at_once_post_one_message(desk: Desk, sqlite_store: Store) -> None:
    other = Desk(sqlite_store, desk.slack, proposals=desk.proposals)
    desk.change(1)
    (first,) = desk.outbox.claim(desk.at, kinds=[KIND])
    desk.messages.begin(TENANT, _new(desk), desk.at)
    desk.outbox.failed(first, "taken up", desk.at)
    told = other.tell()
    assert (told.posted, told.failures) == (0, ("This message is being posted by somebody else.",))


def _new(desk: Desk) -> Any:
    from revops.service.tell import new_message

    return new_message(desk.proposals["act_0001"], "#revenue")


def test_a_change_while_we_speak_is_told_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.change(1)
    desk.tell()
    update = type(desk.people).update
    happened: list[int] = []

    def meanwhile(self: Any, posted: Posted, message: Any) -> None:
        update(self, posted, message)
        if not happened:
            happened.append(desk.change(1, status="done") is not None)

    monkeypatch.setattr(type(desk.people), "update", meanwhile)
    desk.change(1, status="approved", approvals=approvals(ADA))
    assert desk.tell() == Notified(updated=2)
    (message,) = desk.slack.workspace.messages.values()
    assert "Done" in str(message.blocks)
