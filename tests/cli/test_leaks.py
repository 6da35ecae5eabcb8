"""`leaks leaks`: what leaks, and a person's word on one, as the pages take it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from revops.store.decisions import Decisions
from revops.store.leaks import Leaks
from revops.store.people import People
from revops.store.suppressions import suppressed_causes
from tests.cli.deciding import ME, Home, here, words
from tests.revops.store.proposed import TENANT

__all__ = ["here"]


@pytest.fixture
def desk(here: Home) -> Home:
    """An installation in which this machine's user is an approver."""
    People(here.store).add(TENANT, ME, "approver", None, actor="test", at=datetime.now(UTC))
    return here


def leak_of(home: Home, number: int = 1) -> str:
    """The open leak of an invoice, for which a retry waits."""
    home.propose(number)
    return Leaks(home.store).read_last(TENANT, [f"invoice:in_{number:04d}"])[f"invoice:in_{number:04d}"].leak_id


def shown(home: Home, leak: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(home.leaks("leaks", "show", leak, "--format", "json"))
    return found


def test_open_leaks_are_listed_and_dismissed_ones_when_asked_for(desk: Home) -> None:
    one, two = leak_of(desk, 1), leak_of(desk, 2)
    desk.leaks("leaks", "dismiss", two, "--reason", "A test account of ours.")

    def listed(*options: str) -> list[str]:
        return [row["leak"] for row in json.loads(desk.leaks("leaks", "list", "--format", "json", *options))]

    assert listed() == [one]
    assert listed("--status", "dismissed") == [two]
    assert listed("--all") == [one, two]
    assert listed("--all", "--limit", "1") == [one]


def test_one_leak_is_shown_with_its_reasons_and_what_was_proposed(desk: Home) -> None:
    leak = leak_of(desk)
    said = desk.leaks("leaks", "show", leak)
    for text in ("unpaid_invoice of in_0001", "pending decision", "USD 29.00", "finding f0001", "nobody", "drafted"):
        assert text in said
    found = shown(desk, leak)
    assert (found["amount_minor"], found["currency"], found["dismissal"]) == (29_00, "usd", None)
    assert [one["status"] for one in found["actions"]] == ["drafted"]


def test_dismissing_ends_it_withdraws_the_proposal_and_lifting_lets_it_leak_again(desk: Home) -> None:
    leak = leak_of(desk)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    said = desk.leaks("leaks", "dismiss", leak, "--reason", "They pay by cheque.", "--until", until.isoformat())
    assert said == f"Dismissed until {until:%Y-%m-%dT%H:%M:%SZ}.\n"
    found = shown(desk, leak)
    assert (found["status"], found["actions"][0]["status"]) == ("dismissed", "withdrawn")
    assert found["dismissal"]["reason"] == "They pay by cheque."
    assert "They pay by cheque." in desk.leaks("leaks", "show", leak)
    assert suppressed_causes(desk.store, TENANT, datetime.now(UTC)) == {"invoice:in_0001"}
    assert "opens again with the next run" in desk.leaks("leaks", "lift", leak)
    assert suppressed_causes(desk.store, TENANT, datetime.now(UTC)) == set()
    assert "It is not dismissed" in words(desk.leaks("leaks", "lift", leak, code=2))


def test_an_owner_is_somebody_with_a_role_and_the_record_keeps_who_apart(desk: Home) -> None:
    leak = leak_of(desk)
    assert "has no role" in words(desk.leaks("leaks", "assign", leak, "--to", "web:eve@example.com", code=2))
    assert desk.leaks("leaks", "assign", leak, "--to", ME) == f"{ME} cares for it now.\n"
    assert shown(desk, leak)["owner"] == ME
    [record] = Decisions(desk.store).newest(TENANT, 1)
    assert (record.record.data["has_owner"], record.told("note")) == (True, ME)
    assert ME not in record.text, "a record cannot be erased, so it names nobody"
    assert desk.leaks("leaks", "assign", leak) == "It has no owner now.\n"
    assert shown(desk, leak)["owner"] is None


@pytest.mark.parametrize("role", [None, "viewer"])
def test_who_may_not_decide_has_no_word_on_a_leak(here: Home, role: str | None) -> None:
    if role is not None:
        here.leaks("people", "add", "--role", role)
    leak = leak_of(here)
    for verb in (("dismiss", leak, "--reason", "No."), ("assign", leak)):
        said = words(here.leaks("leaks", *verb, code=2))
        assert ("takes an approver" if role else f"leaks people add {ME}") in said
    assert shown(here, leak)["status"] == "pending_decision"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--status", "sleeping"), "is no status"),
        (("list", "--tenant", "nobody"), "leaks tenants list"),
        (("show", "leak_of_nobody"), "There is no such leak here"),
        (("lift", "leak_of_nobody"), "There is no such leak here"),
        (("assign", "leak_of_nobody"), "There is no such leak here"),
        (("dismiss", "leak_of_nobody", "--reason", "No."), "There is no such leak here"),
        (("dismiss", "leak_of_nobody", "--reason", " "), "few words why"),
        (("dismiss", "leak_of_nobody", "--reason", "No.", "--until", "2020-01-01"), "within three years"),
        (("dismiss", "leak_of_nobody", "--reason", "No.", "--until", "later"), "is no date or time"),
    ],
)
def test_what_cannot_be_is_bad_input(desk: Home, arguments: tuple[str, ...], said: str) -> None:
    assert said in words(desk.leaks("leaks", *arguments, code=2))
