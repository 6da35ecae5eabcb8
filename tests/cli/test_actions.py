"""`leaks actions`: the same decisions as in Slack and on the pages, each on a version that was seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from cli.app import app
from revops.store.people import People
from tests.cli.deciding import ME, Home, here, words
from tests.revops.owing import FORM_SHOWN

__all__ = ["here"]


@pytest.fixture
def desk(here: Home) -> Home:
    """An installation in which this machine's user is an approver."""
    People(here.store).add("default", ME, "approver", None, actor="test", at=datetime.now(UTC))
    return here


def in_days(days: int) -> str:
    return (datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)).isoformat()


def test_what_awaits_a_decision_is_listed_with_the_version_that_is_decided_on(desk: Home) -> None:
    named = desk.propose(1, 29_00)
    (row,) = desk.listed()
    assert (row["action"], row["status"], row["currency"], row["amount_minor"]) == (named, "drafted", "usd", 29_00)
    assert (row["needs"], row["outcome"]) == ("one approver", None)
    assert desk.listed("--status", "approved") == []


def test_one_action_is_shown_with_why_the_exact_request_and_who_must_say_yes(desk: Home) -> None:
    said = desk.leaks("actions", "show", desk.propose(1, 1_500_00))
    assert "USD 1,500.00" in said
    assert "The last decline was do not honor, which may pass." in said
    assert f"POST /v1/invoices/in_0001/pay {FORM_SHOWN}" in said
    assert "an admin" in said


def test_a_yes_to_a_version_that_was_seen_is_taken_and_can_be_undone(desk: Home) -> None:
    named = desk.propose()
    assert "carried out at once; you have 60 s to undo it" in desk.leaks("actions", "approve", named, "--yes")
    assert desk.status(named) == "approved"
    assert "Taken back" in desk.leaks("actions", "undo", named)
    assert desk.status(named) == "drafted"


def test_without_yes_everything_is_shown_and_asked(desk: Home) -> None:
    one, two = desk.propose(1, 29_00), desk.propose(2, 4_000, "jpy")
    for answer, status in (("n", "drafted"), ("y", "approved")):
        code = 0 if answer == "y" else 1
        asked = ("actions", "approve", one, two.partition("@")[0])
        done = CliRunner().invoke(app, asked, input=answer)
        assert done.exit_code == code
        for shown in ("POST /v1/invoices/in_0001/pay", "POST /v1/invoices/in_0002/pay"):
            assert shown in done.stdout
        assert "Asked for in all: JPY 4,000, USD 29.00." in done.stdout
        assert (desk.status(one), desk.status(two)) == (status, status)


def test_yes_without_a_version_would_approve_what_nobody_saw(desk: Home) -> None:
    action_id = desk.propose().partition("@")[0]
    for given in (action_id, f"{action_id}@ab"):
        assert "versions that you have seen" in words(desk.leaks("actions", "approve", given, "--yes", code=2))
    assert desk.status(action_id) == "drafted"


def test_of_several_the_one_that_is_refused_stops_no_other(desk: Home) -> None:
    old, fine, large = desk.propose(1), desk.propose(2), desk.propose(3, 1_500_00)
    assert "version 2" in desk.leaks("actions", "refine", old, "--not-before", in_days(2))
    said = words(desk.leaks("actions", "approve", old, fine, large, "--yes", code=2))
    assert "replaced by version 2" in said
    assert "needs an admin" in said
    assert [desk.status(one) for one in (old, fine, large)] == ["drafted", "approved", "drafted"]


def test_nobody_approves_the_version_they_proposed(desk: Home) -> None:
    action_id = desk.propose().partition("@")[0]
    desk.leaks("actions", "refine", action_id, "--not-before", in_days(2), "--note", "After their payday.")
    (row,) = desk.listed()
    assert "You proposed this version" in desk.leaks("actions", "approve", row["action"], "--yes", code=2)


def test_a_no_says_why_and_a_second_decision_is_told_that_it_is_late(desk: Home) -> None:
    named = desk.propose()
    assert "few words why" in words(desk.leaks("actions", "deny", named, "--reason", "other", code=2))
    desk.leaks("actions", "deny", named, "--reason", "not_a_leak", "--note", "They paid by cheque.")
    shown = json.loads(desk.leaks("actions", "show", named, "--format", "json"))
    assert (shown["status"], shown["outcome"]) == ("denied", "Denied: not a leak.")
    assert "decided already" in words(desk.leaks("actions", "approve", named, "--yes", code=2))


def test_what_is_put_off_says_so_and_comes_back(desk: Home) -> None:
    named = desk.propose()
    assert "It comes back on" in desk.leaks("actions", "snooze", named, "--until", in_days(3))
    assert desk.listed()[0]["status"] == "drafted (later)"


def test_somebody_without_a_role_decides_nothing_and_hears_who_gives_one(here: Home) -> None:
    named = here.propose()
    for arguments in (("approve", named, "--yes"), ("deny", named, "--reason", "not_now"), ("undo", named)):
        assert f"leaks people add {ME}" in words(here.leaks("actions", *arguments, code=2))
    assert here.status(named) == "drafted"


def test_a_viewer_is_refused_and_the_security_log_has_it(here: Home) -> None:
    here.leaks("people", "add", "--role", "viewer")
    named = here.propose()
    assert "Your role here is viewer" in words(here.leaks("actions", "approve", named, "--yes", code=2))
    (line,) = json.loads(here.leaks("security-log", "--event", "refused_decision", "--format", "json"))
    assert (line["actor"], line["detail"]["code"]) == (ME, "not_allowed")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--status", "sleeping"), "is no status"),
        (("list", "--tenant", "nobody"), "leaks tenants list"),
        (("show", "act_of_nobody"), "There is no such proposal here"),
        (("deny", "act_1", "--reason", "because"), "not_a_leak, wrong_amount"),
        (("snooze", "act_1", "--until", "later"), "is no date or time"),
        (("undo", "act_of_nobody"), "There is no such proposal here"),
    ],
)
def test_what_cannot_be_is_bad_input(desk: Home, arguments: tuple[str, ...], said: str) -> None:
    assert said in words(desk.leaks("actions", *arguments, code=2))
