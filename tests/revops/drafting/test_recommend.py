"""What an approver is told about a step: why this, why now, what else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from revops.domain.letter import TOPICS
from revops.drafting.recommend import Step, recommend
from tests.revops.drafting.leaks import plain_facts

AT = datetime(2026, 10, 9, 9, tzinfo=UTC)
FACTS = plain_facts(next_try_on=None, access_until=None)


def test_a_letter_is_recommended_with_its_reasons() -> None:
    found = recommend(FACTS, Step("send_email", written=1, last_written_on=date(2026, 10, 2)), AT)
    assert found.why_this == (
        "The first message has not led to a payment. "
        "Its details are out of date or wrong: trying it again is no use until the customer mends them."
    )
    assert found.why_now == (
        "EUR 29.00 is open since 1 October 2026, 8 days ago. 3 tries failed, most recently on 8 October 2026. "
        "No further try is known. The customer was last written to on 2 October 2026, 7 days ago."
    )
    assert found.instead == (
        "Give it to a colleague who calls: for large accounts, and where it may have been paid already.",
    )


def test_a_retry_is_named_as_another_way_only_where_it_may_work() -> None:
    later = replace(FACTS, decline_group="retry_later")
    assert any(one.startswith("Retry the charge") for one in recommend(later, Step("send_email"), AT).instead)
    assert not any(one.startswith("Retry the charge") for one in recommend(FACTS, Step("send_email"), AT).instead)
    waiting = replace(later, next_try_on=date(2026, 10, 12))
    assert [one.split(":")[0] for one in recommend(waiting, Step("send_email"), AT).instead][-1] == "Wait"


def test_waiting_is_no_choice_once_the_day_is_over() -> None:
    past = replace(FACTS, next_try_on=date(2026, 10, 1))
    assert not any(one.startswith("Wait") for one in recommend(past, Step("send_email"), AT).instead)


def test_a_large_account_is_worth_a_call() -> None:
    found = recommend(FACTS, Step("open_task", written=2, is_large=True), AT)
    assert found.why_this.startswith("The account is large enough for a call. 2 messages did not help.")
    assert found.instead[0].startswith("Write to the customer")


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("kind", ["send_email", "retry_invoice", "open_task", "downgrade", "something_else"])
def test_every_step_has_reasons_and_says_nothing_unknown(topic: str, kind: str) -> None:
    bare = plain_facts(
        topic=topic,
        billed_on=None,
        last_tried_on=None,
        next_try_on=None,
        access_until=None,
        tries=0,
        decline_group=None,
    )
    found = recommend(bare, Step(kind), AT)
    assert found.why_this.endswith(".")
    assert found.why_now.endswith(".")
    assert "None" not in f"{found.why_this} {found.why_now} {found.instead}"
    assert "EUR 29.00" in found.why_now


def test_one_is_not_many() -> None:
    found = recommend(replace(FACTS, tries=1), Step("send_email", written=1, last_written_on=date(2026, 10, 8)), AT)
    assert "1 try failed" in found.why_now
    assert "1 day ago" in found.why_now
