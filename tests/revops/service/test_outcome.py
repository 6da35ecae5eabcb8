"""What became of an action, in the words that people read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from revops.domain.action import ACTION_STATUSES
from revops.service.outcome import say_outcome
from tests.revops.domain.proposals import ACTION, DRAFT


def said(status: str, **how: Any) -> str | None:
    return say_outcome(replace(ACTION, status=status, **how))


def test_what_came_in_is_said_in_the_currency_it_came_in() -> None:
    paid = {"how": "paid", "amount_minor": 1900, "currency": "jpy"}
    assert said("done", outcome=paid) == "Paid: JPY 1,900 came in."


def test_nothing_is_said_while_nothing_has_been_decided() -> None:
    assert said("drafted") is None
    assert said("drafted", reason="a word") is None


def test_an_approved_one_says_from_when_on_and_why_it_still_waits() -> None:
    assert said("approved") == "Approved. It is carried out from 2026-11-12 12:00 UTC on."
    at_once = replace(DRAFT, not_before=None)
    assert said("approved", draft=at_once) == "Approved."
    assert said("approved", draft=at_once, reason="A payment is on its way.") == "Approved. A payment is on its way."
    assert (
        said("approved", reason="Stripe cannot be reached.")
        == "Approved. It is carried out from 2026-11-12 12:00 UTC on. Stripe cannot be reached."
    )


@pytest.mark.parametrize(
    ("status", "reason", "sentence"),
    [
        ("dispatching", None, "Being carried out."),
        ("unknown", None, "Sent, and the answer was lost. It is being looked up and not sent again."),
        (
            "failed",
            "The bank declined again (do not honor).",
            "Without success. The bank declined again (do not honor).",
        ),
        ("failed", None, "Without success."),
        ("superseded", None, "Not carried out: the facts have changed."),
        ("expired", "Nobody decided in time.", "Expired. Nobody decided in time."),
        ("withdrawn", "It was paid meanwhile.", "Not carried out. It was paid meanwhile."),
        ("handed_over", "A charge is disputed.", "A person must look at it. A charge is disputed."),
        ("rehearsed", "Nothing was sent.", "Dry run. Nothing was sent."),
    ],
)
def test_each_end_has_its_sentence_and_its_reason(status: str, reason: str | None, sentence: str) -> None:
    assert said(status, reason=reason) == sentence


def test_a_no_says_its_reason_as_people_say_it() -> None:
    assert said("denied", reason="not_a_leak") == "Denied: not a leak."
    assert said("denied") == "Denied: other."


def test_every_status_but_the_undecided_one_has_a_sentence() -> None:
    paid = {"amount_minor": 1, "currency": "usd"}
    assert [status for status in ACTION_STATUSES if said(status, outcome=paid) is None] == ["drafted"]
