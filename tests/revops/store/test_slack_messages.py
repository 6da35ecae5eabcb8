"""What was posted where, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest

from revops.domain.message import KeptMessage, NewMessage, Posted
from revops.store import Store
from revops.store.slack_messages import LEASE, SlackMessages

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
TENANT = "default"


@pytest.fixture
def messages(store: Store, statements_name_their_tenant: None) -> SlackMessages:
    return SlackMessages(store)


def new(
    key: str = "act_1", customer: str = "cus_1", place: str = "#revenue", thread_ts: str | None = None
) -> NewMessage:
    return NewMessage(key, "proposal", place, thread_ts, customer, f"invoice:{key}")


def post(messages: SlackMessages, one: NewMessage, ts: str, at: datetime = AT) -> None:
    messages.begin(TENANT, one, at)
    messages.posted(TENANT, one.key, Posted("C1", ts), "hash", at)


def test_a_message_is_begun_posted_and_read_back(messages: SlackMessages) -> None:
    assert messages.read(TENANT, ["act_1"]) == {}
    assert not messages.begin(TENANT, new(), AT).is_busy
    assert messages.read(TENANT, ["act_1"])["act_1"].posted is None
    messages.posted(TENANT, "act_1", Posted("C1", "1.000001"), "hash", AT)
    messages.updated(TENANT, "act_1", "other", AT)
    kept = messages.read(TENANT, ["act_1", "act_2"])
    assert kept == {"act_1": KeptMessage(**vars(new()), posted=Posted("C1", "1.000001"), shown="other")}
    messages.gone(TENANT, "act_1", AT)
    assert messages.read(TENANT, ["act_1"])["act_1"].is_gone


def test_only_one_begins_and_another_may_after_a_minute_knowing_when_it_was_tried_first(
    messages: SlackMessages,
) -> None:
    assert messages.begin(TENANT, new(), AT).first_at is None
    assert messages.begin(TENANT, new(), AT + LEASE - timedelta(seconds=1)).is_busy
    again = messages.begin(TENANT, new(), AT + LEASE)
    assert (again.is_busy, again.first_at) == (False, AT)
    assert messages.begin(TENANT, new(), AT + LEASE).is_busy
    messages.release(TENANT, "act_1", AT + LEASE)
    assert not messages.begin(TENANT, new(), AT + LEASE).is_busy
    messages.posted(TENANT, "act_1", Posted("C1", "1.000001"), "hash", AT)
    assert messages.begin(TENANT, new(), AT + timedelta(days=1)).is_busy


def test_a_customers_thread_hangs_on_the_last_message_that_hangs_on_none(messages: SlackMessages) -> None:
    assert messages.thread_of(TENANT, "#revenue", "cus_1") is None
    post(messages, new("act_1"), "1.000001")
    post(messages, new("act_2", thread_ts="1.000001"), "2.000001", AT + timedelta(hours=1))
    post(messages, new("act_3", customer="cus_2"), "3.000001")
    post(messages, new("act_4", place="#finance"), "4.000001")
    assert messages.thread_of(TENANT, "#revenue", "cus_1") == "1.000001"
    messages.gone(TENANT, "act_1", AT)
    assert messages.thread_of(TENANT, "#revenue", "cus_1") is None


def test_a_digest_counts_as_one_and_its_proposals_can_be_posted_after(messages: SlackMessages) -> None:
    post(messages, new("act_1"), "1.000001")
    messages.join(TENANT, "digest_1", [new("act_1"), new("act_2"), new("act_3")], AT)
    messages.begin(TENANT, NewMessage("digest_1", "digest", "#revenue"), AT)
    assert messages.members(TENANT, "digest_1") == ["act_2", "act_3"]
    assert messages.posted_since(TENANT, "#revenue", AT - timedelta(hours=1)) == 1
    assert messages.posted_since(TENANT, "#revenue", AT) == 0
    assert messages.digest_since(TENANT, "#revenue", AT - timedelta(hours=1)) == "digest_1"
    assert messages.digest_since(TENANT, "#revenue", AT) is None
    assert messages.digest_since(TENANT, "#finance", AT - timedelta(hours=1)) is None
    post(messages, new("act_2"), "2.000001")
    kept = messages.read(TENANT, ["act_2"])["act_2"]
    assert (kept.posted, kept.digest_key) == (Posted("C1", "2.000001"), "digest_1")


def test_one_tenants_messages_are_not_anothers(store: Store) -> None:
    from revops.store.tenants import Tenants

    Tenants(store).add("acme", None, actor="test", at=AT)
    messages = SlackMessages(store)
    post(messages, new(), "1.000001")
    assert messages.read("acme", ["act_1"]) == {}
    assert not messages.begin("acme", new(), AT).is_busy
