"""The inbox: what is asked and by whom it can be answered, each answer, several at once, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from streamlit import config

from revops.store.people import People
from streamlit_app import pages
from tests.revops.owing import FORM_SHOWN
from tests.revops.store.proposed import TENANT, carried_out, now
from tests.streamlit_app.conftest import html, links
from tests.streamlit_app.deciding import ADA, BOB, Desk, desk, labels, open_page, press, run, said, table_rows

__all__ = ["desk"]

ANSWERS = {"Approve", "Deny", "Change", "Later"}


def test_a_proposal_says_whose_money_why_what_happens_and_who_must_say_yes(desk: Desk) -> None:
    desk.role()
    desk.propose(2, 1_200_00)
    page = open_page()
    body = html(page)
    for text in (
        "1 proposal awaits a decision",
        "Kestrel Robotics",
        "$1,200.00",
        "Enterprise",
        "95 % confidence",
        "The last decline was do not honor, which may pass.",
        "Stripe tries once to collect invoice ACME-0002",
        "Needs an admin.",
        "You decide as ada@example.com (approver).",
    ):
        assert text in body
    assert set(labels(page)) >= ANSWERS
    assert [address for label, address in links(page).items() if label == "About this leak"]


def test_a_yes_is_the_signed_persons_and_can_be_taken_back(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = press(open_page(), "Approve")
    assert "Brightwave Media. Approved. It is carried out at once; you have 60 s to undo it." in said(page).replace(
        "*", ""
    )
    held = desk.now(action)
    assert (held.status, [(one.person_id, one.channel) for one in held.approvals]) == ("approved", [(ADA, "web")])
    assert "Nothing awaits a decision." in html(page)
    page = press(page, "Take back")
    assert "Taken back" in said(page)
    assert desk.now(action).status == "drafted"
    assert "Approve" in labels(page)


def test_a_no_takes_a_reason_and_other_takes_words(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = press(open_page(), "Deny")
    (reason,) = (box for box in page.selectbox if box.label == "Why not")
    reason.set_value("other")
    page = press(page, "Deny it")
    assert "Say in a few words why" in said(page)
    assert desk.now(action).status == "drafted"
    page.text_area[0].set_value("They pay by cheque.")
    page = press(page, "Deny it")
    assert (desk.now(action).status, desk.now(action).reason) == ("denied", "other")
    assert "Denied: other." in "".join(table_rows(page, "The newest first"))


def test_another_time_is_another_version_that_somebody_else_must_approve(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = press(open_page(), "Change")
    when = (datetime.now(UTC) + timedelta(days=2)).replace(tzinfo=None, second=0, microsecond=0)
    page.datetime_input[0].set_value(when)
    page.text_area[0].set_value("After their payday.")
    page = press(page, "Propose this change")
    held = desk.now(action)
    assert (held.version, held.draft.not_before, held.proposed_by) == (2, when.replace(tzinfo=UTC), ADA)
    assert "version 2" in html(page)
    page = press(page, "Approve")
    assert "You proposed this version" in said(page)


def test_a_note_alone_changes_no_time(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = press(open_page(), "Change")
    page = press(page, "Propose this change")
    assert "Nothing was changed" in said(page)
    page.text_area[0].set_value("Look at the customer's ticket first.")
    press(page, "Propose this change")
    assert (desk.now(action).version, desk.now(action).draft.not_before) == (2, None)


@pytest.mark.parametrize(("choice", "days"), [("Tomorrow", 1), ("In 30 days", 30)])
def test_what_is_put_off_stands_apart_and_can_be_answered_before(desk: Desk, choice: str, days: int) -> None:
    desk.role()
    action = desk.propose()
    page = press(open_page(), "Later")
    (box,) = (box for box in page.selectbox if box.label == "Ask again")
    box.set_value(choice)
    page = press(page, "Put it off")
    until = desk.now(action).snoozed_until
    assert until is not None
    assert abs(until - now() - timedelta(days=days)) < timedelta(minutes=2)
    assert "Nothing awaits a decision." in html(page)
    assert "Put off" in html(page)
    press(page, "Approve")
    assert desk.now(action).status == "approved"


def test_a_press_on_a_version_that_was_replaced_is_refused_in_words(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = open_page()
    desk.elsewhere("refine", action, not_before=now() + timedelta(days=1), note=None)
    page = press(page, "Approve")
    assert "This was replaced by version 2, which rests on newer facts." in said(page)
    assert desk.now(action).status == "drafted"
    assert "version 2" in html(page)


def test_who_comes_second_hears_who_was_first(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = open_page()
    desk.elsewhere("approve", action)
    page = press(page, "Approve")
    assert "This is decided already" in said(page)
    assert "bob@example.com" in said(page)
    assert len(desk.now(action).approvals) == 1


def test_large_amounts_wait_for_a_second_person(desk: Desk) -> None:
    desk.role("admin")
    action = desk.propose(1, 1_000_001)
    page = press(open_page(), "Approve")
    assert "It needs a second person" in said(page)
    assert "Needs two people, one of them an admin; ada@example.com said yes." in html(page)
    page = press(page, "Approve")
    assert "You have approved this already" in said(page)
    desk.elsewhere("approve", action)
    assert desk.now(action).status == "approved"


def test_several_are_approved_after_one_preview_of_exactly_what_happens(desk: Desk) -> None:
    desk.role()
    one, two, large = desk.propose(1, 290_00), desk.propose(3, 310_00, "eur"), desk.propose(2, 9_000_00)
    page = press(open_page(), "Choose all")
    rows = table_rows(page, "What one yes to all of these does")
    assert len(rows) == 3
    assert "The amount needs an admin&#x27;s approval." in rows[0]
    assert ["POST /v1/invoices/" in row for row in rows] == [False, True, True], "what is refused asks for nothing"
    assert f"POST /v1/invoices/in_0001/pay {FORM_SHOWN}" in "".join(rows)
    assert "Asked for in all: €310.00, $290.00, 2 requests. 1 would be refused and is left out." in html(page)
    page = press(page, "Approve 2 proposals")
    assert "2 of 2 taken." in said(page)
    assert [desk.now(action).status for action in (one, two, large)] == ["approved", "approved", "drafted"]


def test_what_only_notes_a_yes_is_in_no_sum(desk: Desk) -> None:
    desk.role("admin")
    desk.propose(1, 1_000_001)
    page = open_page()
    page.checkbox[0].check()
    page = run(page)
    assert "Asked for in all: nothing yet, 0 requests. 1 would still wait for somebody else." in html(page)


def test_one_that_has_changed_since_the_preview_stops_no_other(desk: Desk) -> None:
    desk.role()
    one, two = desk.propose(1), desk.propose(3, 310_00, "eur")
    page = press(open_page(), "Choose all")
    desk.elsewhere("refine", two, not_before=now() + timedelta(days=1), note=None)
    page = press(page, "Approve 2 proposals")
    assert "1 of 2 taken." in said(page)
    assert "Fjordlicht GmbH: This was replaced by version 2" in said(page)
    assert (desk.now(one).status, desk.now(two).status) == ("approved", "drafted")


def test_filters_and_order_narrow_what_is_shown(desk: Desk) -> None:
    desk.role()
    desk.propose(1, 290_00, at=now() - timedelta(hours=2))
    desk.propose(3, 310_00, "eur")
    page = open_page()

    def shown() -> list[str]:
        return [name for name in ("Brightwave Media", "Fjordlicht GmbH") if f"<span>{name}</span>" in html(page)]

    assert html(page).index("Fjordlicht GmbH") < html(page).index("Brightwave Media"), "the larger one first"
    page.selectbox(key="ask_order").set_value("Oldest")
    run(page)
    assert html(page).index("Brightwave Media") < html(page).index("Fjordlicht GmbH")
    page.selectbox(key="ask_currency").set_value("EUR")
    run(page)
    assert shown() == ["Fjordlicht GmbH"]
    page.selectbox(key="ask_currency").set_value("All")
    page.text_input(key="ask_search").set_value("brightwave")
    run(page)
    assert shown() == ["Brightwave Media"]


def test_what_is_under_way_and_what_became_of_it_is_shown_with_who_approved(desk: Desk) -> None:
    desk.role()
    paid, declined = desk.propose(1), desk.propose(3, 310_00, "eur")
    carried_out(desk.store, desk.settings, desk.elsewhere("approve", paid), paid_minor=290_00)
    carried_out(desk.store, desk.settings, desk.elsewhere("approve", declined))
    rows = table_rows(open_page(), "The newest first")
    assert ["Paid: $290.00 came in." in row for row in rows] == [False, True]
    assert "Without success. The bank declined." in rows[0]
    assert "bob@example.com" in rows[1]


def test_names_of_strangers_stay_text(desk: Desk) -> None:
    desk.role()
    for number in (7, 8, 9):
        desk.propose(number)
    page = press(open_page(), "Choose all")
    assert "<script>" not in html(page)
    assert "&lt;script&gt;" in html(page)
    page = press(page, "Approve", 0)
    for element in (*page.success, *page.warning):
        assert "alert(" not in element.value


@pytest.mark.parametrize("role", [None, "viewer"])
def test_who_may_not_decide_sees_everything_and_no_button(desk: Desk, role: str | None) -> None:
    if role:
        desk.role(role)  # type: ignore[arg-type]
    desk.propose()
    page = open_page()
    assert "Brightwave Media" in html(page)
    assert not ANSWERS & set(labels(page))
    (advice,) = (one.value.replace("\\", "") for one in page.info)
    assert ("deciding takes an approver" if role else "leaks people add web:ada@example.com --role approver") in advice


def test_where_nobody_is_known_the_page_says_what_to_set(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEAKS_WEB_PERSON")
    desk.propose()
    page = open_page()
    assert not ANSWERS & set(labels(page))
    assert "LEAKS_WEB_PERSON" in page.info[0].value.replace("\\", "")


def test_the_person_of_the_settings_is_nobody_where_others_can_reach_the_page(desk: Desk) -> None:
    desk.role("admin")
    desk.propose()
    config.set_option("server.address", "0.0.0.0")  # noqa: S104 - what must not be trusted
    page = open_page()
    assert not ANSWERS & set(labels(page))
    assert "served to this machine alone" in page.info[0].value.replace("\\", "")


def test_a_role_that_ended_since_the_page_was_drawn_decides_nothing(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = open_page()
    People(desk.store).remove(TENANT, ADA, actor=BOB, at=now())
    page = press(page, "Approve")
    assert "has no role here" in said(page)
    assert desk.now(action).status == "drafted"


def test_many_come_in_pages(desk: Desk) -> None:
    desk.role()
    for number in range(20, 32):
        desk.propose(number, 100 + number)
    page = open_page()
    assert labels(page).count("Approve") == 10
    assert "12 proposals await a decision" in html(page)
    assert "Choose 10 proposals" in labels(page)
    page.session_state[pages.PAGE] = 2
    run(page)
    assert labels(page).count("Approve") == 2


def test_without_a_store_the_page_says_how_one_is_made(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.streamlit_app.published_account import Account

    elsewhere = desk.settings.leaks_home.parent / "elsewhere"
    Account().publish(elsewhere)
    monkeypatch.setenv("LEAKS_HOME", str(elsewhere))
    page = open_page()
    assert page.title[0].value == "Nothing is decided yet"
    assert page.code[0].value == "leaks run"
