"""A new definition that would withdraw much of the open money: seen by who has a role, answered by an admin."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from revops.bootstrap_leaks import withdrawing
from revops.domain.person import Role
from revops.store.decisions import Decisions
from revops.store.leaks import Leaks
from revops.store.policies import Policies
from revops.store.tenants import Tenants
from revops.store.withdrawals import read_questions
from streamlit_app import pages
from tests.revops.store.proposed import TENANT, now, person
from tests.streamlit_app.changing import GONE, ask, changed
from tests.streamlit_app.conftest import html, links
from tests.streamlit_app.deciding import ADA, BOB, Desk, desk, labels, open_page, press, run, said, table_rows
from tests.streamlit_app.published_account import Account

__all__ = ["desk"]

WITHDRAW, KEEP = "Withdraw 4 leaks", "Keep them open"


@pytest.fixture
def asking(desk: Desk, home: Path) -> Desk:
    """Four of eleven leaks wait for an answer."""
    assert ask(desk.store, desk.settings, home).status == "asked"
    return desk


def withdrawn(desk: Desk) -> set[str]:
    """Invoices whose leaks were withdrawn."""
    causes = [f"invoice:in_{number:04d}" for number in range(1, 12)]
    last = Leaks(desk.store).read_last(TENANT, causes)
    return {one.object_id for one in last.values() if one.status == "withdrawn"}


def status(desk: Desk) -> str:
    return read_questions(desk.store, TENANT)[0].status


def test_the_first_page_says_how_much_per_currency_and_leads_to_the_answer(asking: Desk) -> None:
    asking.role("approver")
    page = open_page(pages.OVERVIEW)
    (notice,) = (one.value.replace("\\", "") for one in page.info)
    assert "By it 4 leaks (€2,400.00, $1,609.00) would be withdrawn. They stay open" in notice
    assert links(page)["What would be withdrawn, and why"].startswith("approvals")


def test_an_admin_sees_exactly_which_leaks_and_by_which_definitions(asking: Desk) -> None:
    asking.role("admin")
    page = open_page()
    body = html(page)
    assert "€2,400.00 of €2,400.00 open, $1,609.00 of $10,363.00 open" in body
    rows = table_rows(page, "Would be withdrawn: 4 leaks")
    assert [invoice for row in rows for invoice in GONE if invoice in row] == [
        "in_0003",
        "in_0001",
        "in_0010",
        "in_0007",
    ]
    for said_ in ("Brightwave Media", "$1,299.00", "95 % confidence (d1)", "Below minimum (d2aaaaaa)"):
        assert said_ in rows[1]
    assert "a review in no total" in rows[2]


def test_a_yes_withdraws_them_at_once_and_is_signed_as_said_on_the_pages(asking: Desk) -> None:
    asking.role("admin")
    page = press(open_page(), WITHDRAW)
    assert "4 leaks withdrawn." in said(page)
    assert withdrawn(asking) == set(GONE)
    assert WITHDRAW not in labels(page)
    [record] = Decisions(asking.store).newest(TENANT, 1)
    assert (record.record.kind, record.record.actor.channel, record.told("actor")) == (
        "withdrawal.confirmed",
        "web",
        ADA,
    )
    assert "Changed definition agreed to" in html(open_page(pages.DECISIONS))
    assert not open_page(pages.OVERVIEW).info


def test_a_no_keeps_them_open_and_can_be_taken_back(asking: Desk) -> None:
    asking.role("admin")
    page = press(open_page(), KEEP)
    assert "Its leaks stay open." in said(page)
    assert (status(asking), withdrawn(asking)) == ("refused", set())
    assert not open_page(pages.OVERVIEW).info, "what was answered asks nobody"
    assert "Refused by ada@example.com" in html(page)
    assert KEEP not in labels(page)
    press(page, WITHDRAW)
    assert withdrawn(asking) == set(GONE)


@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_who_is_no_admin_sees_them_and_answers_nothing(asking: Desk, role: Role) -> None:
    asking.role(role)
    page = open_page()
    assert len(table_rows(page, "Would be withdrawn: 4 leaks")) == 4
    assert "Answering takes an admin." in html(page)
    assert not {WITHDRAW, KEEP} & set(labels(page))


def test_a_stranger_sees_nothing_of_it(asking: Desk) -> None:
    page = open_page()
    assert "would be withdrawn" not in html(page).lower()
    assert "changed definition" not in html(page).lower()
    assert not {WITHDRAW, KEEP} & set(labels(page))
    assert not open_page(pages.OVERVIEW).info


def test_an_admin_of_another_tenant_is_a_stranger_here(asking: Desk) -> None:
    Tenants(asking.store).add("rival", None, actor="test", at=now())
    person(asking.store, ADA, "admin", tenant="rival")
    assert WITHDRAW not in labels(open_page())
    asking.role("admin")
    Account(tenant_id="rival").publish(asking.settings.leaks_home)
    page = open_page(tenant="rival")
    assert "changed definition" not in html(page).lower(), "what one tenant is asked is not asked of another"


def test_who_lost_the_role_since_the_page_was_drawn_is_refused(asking: Desk) -> None:
    asking.role("admin")
    page = open_page()
    asking.role("approver")
    page = press(page, WITHDRAW)
    assert "Your role here is approver; this takes an admin" in said(page)
    assert (status(asking), withdrawn(asking)) == ("asked", set())


def test_a_press_on_what_somebody_answered_meanwhile_says_who(asking: Desk) -> None:
    asking.role("admin")
    page = open_page()
    bob = person(asking.store, BOB, "admin")
    service = withdrawing(asking.store, asking.settings)
    service.answer(
        TENANT, read_questions(asking.store, TENANT)[0].withdrawal_id, "refused", bob, channel="cli", at=now()
    )
    page = press(page, WITHDRAW)
    assert "This was answered meanwhile: refused. (bob@example.com" in said(page)
    assert withdrawn(asking) == set()


def test_a_press_withdraws_no_leak_that_was_not_shown(desk: Desk, home: Path) -> None:
    ask(desk.store, desk.settings, home, changed(undecided=["in_0002"]))
    desk.role("admin")
    page = open_page()
    changed([*GONE, "in_0002"]).publish(home, 3)
    page = press(page, WITHDRAW)
    assert "By now something else would be withdrawn than was shown." in said(page)
    assert (status(desk), withdrawn(desk)) == ("asked", set())
    press(page, "Withdraw 5 leaks")
    assert withdrawn(desk) == {*GONE, "in_0002"}


def test_while_a_run_writes_the_yes_is_kept_and_the_run_applies_it(asking: Desk, home: Path) -> None:
    asking.role("admin")
    page = open_page()
    with (home / TENANT / "warehouse.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        page = press(page, WITHDRAW)
    assert "A run is under way; it or the next one withdraws the leaks." in said(page)
    assert (status(asking), withdrawn(asking)) == ("confirmed", set())
    assert WITHDRAW not in labels(run(page))


def test_what_the_newest_policy_changed_stands_beside(asking: Desk) -> None:
    asking.role("admin")
    assert "No policy was ever imported" in html(open_page())
    for minimum in (0, 500_00):
        text = f"unpaid_invoice:\n  minimum_amount_minor: {minimum}\n"
        Policies(asking.store).save(TENANT, text, f"v{minimum}", author="<ada>", at=now())
    page = open_page()
    assert "+  minimum_amount_minor: 50000" in page.code[0].value
    assert "-  minimum_amount_minor: 0" in page.code[0].value
    assert "By &lt;ada&gt;." in html(page)


def test_a_question_about_a_definition_that_has_changed_since_is_not_shown(asking: Desk, home: Path) -> None:
    asking.role("admin")
    changed([]).publish(home, 3)
    page = open_page()
    assert "changed definition" not in html(page).lower()
    assert not open_page(pages.OVERVIEW).info
