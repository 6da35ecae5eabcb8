"""The log of decisions: the newest first, whole or where it first goes wrong, and to take away."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from revops.domain.decision_export import read_export
from revops.store.anchors import anchor
from streamlit_app import pages
from streamlit_app.parts import verified
from streamlit_app.parts.decision_export import _export
from tests.revops.store.proposed import TENANT
from tests.streamlit_app.conftest import html
from tests.streamlit_app.deciding import Desk, desk, labels, open_page, press, run, table_rows

__all__ = ["desk"]


@pytest.fixture
def log(desk: Desk) -> Desk:
    """Two proposals, a yes, a no with a note."""
    desk.role()
    one, two = desk.propose(1), desk.propose(7)
    desk.elsewhere("approve", one)
    desk.elsewhere("deny", two, reason="not_a_leak", note="They pay by <b>cheque</b>.")
    anchor(desk.settings, desk.store, TENANT)
    return desk


def rows(page: object) -> list[str]:
    return table_rows(page, "")  # type: ignore[arg-type]


def test_the_newest_stands_first_with_who_what_and_the_note(log: Desk) -> None:
    page = open_page(pages.DECISIONS)
    found = rows(page)
    assert [kind in row for kind, row in zip(("Denied", "Approved", "Proposed", "Proposed"), found, strict=True)] == [
        True
    ] * 4
    assert "bob@example.com, admin, slack" in found[0]
    assert "They pay by &lt;b&gt;cheque&lt;/b&gt;." in found[0]
    assert "in_0007" in found[0]


def test_a_whole_log_says_so_and_up_to_where_it_is_anchored(log: Desk) -> None:
    page = open_page(pages.DECISIONS)
    assert page.success[0].value.replace("\\", "").startswith("All 4 records are right, anchored up to 4 (")
    log.elsewhere("approve", log.propose(3))
    assert run(page).success[0].value.replace("\\", "").startswith("All 6 records are right, anchored up to 4 (")


def test_a_long_log_is_checked_when_somebody_asks(log: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "_AT_ONCE", 3)
    page = open_page(pages.DECISIONS)
    assert "The log has 4 records. It is checked when you ask for it." in html(page)
    assert not page.success
    page = press(page, "Check every record")
    assert page.success[0].value.startswith("All 4 records are right")
    log.propose(3)
    assert "1 newer record not checked yet." in html(run(page))


def test_a_log_that_was_changed_says_where_first_and_how(log: Desk) -> None:
    page = open_page(pages.DECISIONS)
    with log.store.everyone() as connection:
        for (name,) in connection.execute(
            text("select name from sqlite_master where type = 'trigger' and tbl_name = 'decision_records'")
        ).all():
            connection.execute(text(f"drop trigger {name}"))
        connection.execute(
            text("update decision_records set record = replace(record, 'approver', 'admin') where number = 3")
        )
        connection.execute(text("update decision_records set kind = 'action.deny' where number = 3"))
    page = press(page, "Check every record")
    told = page.error[0].value.replace("\\", "")
    assert told.startswith("**The log was changed.** Record 3 is where it goes wrong (flip):")
    assert not page.success
    assert len(rows(page)) == 4, "what it says is still shown"


def test_the_search_narrows_by_kind_person_and_note(log: Desk) -> None:
    page = open_page(pages.DECISIONS)
    page.selectbox(key="decision_kind").set_value("Proposed")
    assert len(rows(run(page))) == 2
    page.selectbox(key="decision_kind").set_value("All")
    page.text_input(key="decision_search").set_value("CHEQUE")
    assert len(rows(run(page))) == 1


def test_the_export_is_the_whole_log_with_its_keys(log: Desk) -> None:
    assert [one.proto.label for one in open_page(pages.DECISIONS).get("download_button")] == ["Export"]
    found = read_export(_export(TENANT).decode())
    assert [one.number for one in found.records] == [1, 2, 3, 4]
    assert found.keys


def test_older_records_come_when_they_are_asked_for(log: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(pages.DECISIONS)
    page.session_state["decisions_read"] = 2
    run(page)
    assert (len(rows(page)), "2 records of the newest 2" in html(page)) == (2, True)
    press(page, "Read older ones")
    assert len(rows(page)) == 4
    assert "Read older ones" not in labels(page)


def test_before_the_first_decision_there_is_nothing_to_check(desk: Desk) -> None:
    page = open_page(pages.DECISIONS)
    assert "Nothing was decided yet." in html(page)
    assert (list(page.success), list(page.error)) == ([], [])
