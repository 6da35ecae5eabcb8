"""One leak's page: where it stands, its reasons, what is done or why nothing is, its history, and a word on it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from revops.domain.leak import Leak, NewReason
from revops.store.leaks import Leaks
from revops.store.suppressions import suppressed_causes
from streamlit_app import pages
from tests.revops.store.proposed import TENANT, carried_out, leak, now
from tests.streamlit_app.conftest import html, links
from tests.streamlit_app.deciding import ADA, Desk, desk, labels, open_page, press, run, said, table_rows
from tests.streamlit_app.published_account import typical

__all__ = ["desk"]


def of(desk: Desk, number: int = 1) -> Leak:
    return Leaks(desk.store).read_last(TENANT, [f"invoice:in_{number:04d}"])[f"invoice:in_{number:04d}"]


def opened(desk: Desk, number: int = 1) -> Leak:
    """A leak of which nothing is proposed yet."""
    [one] = Leaks(desk.store).open(TENANT, [leak(number)], actor="test", at=now())
    reason = NewReason(
        one.leak_id, f"f{number:04d}", "unpaid_invoice", "invoice", f"in_{number:04d}", "usd", 29_00, 0.95
    )
    Leaks(desk.store).attach(TENANT, [reason], at=now())
    return of(desk, number)


def test_a_leak_shows_its_status_its_reasons_and_what_waits_for_a_decision(desk: Desk) -> None:
    desk.role()
    action = desk.propose(1, 299_00)
    more = NewReason(action.leak_id, "f9999", "stale_schedule", "subscription", "sub_0001", "usd", 500, 0.7)
    Leaks(desk.store).attach(TENANT, [more], at=now())
    page = open_page(pages.LEAK, id=action.leak_id)
    body = html(page)
    for text in ("Brightwave Media", "$299.00", "Pending decision", "Owner", "Nobody", "On approve:"):
        assert text in body
    assert [("Stale schedule" in row, "Unpaid invoice" in row) for row in table_rows(page, "Findings")] == [
        (False, True),
        (True, False),
    ]
    assert "id=f0001" in links(page)["The evidence: unpaid invoice"]
    page = press(page, "Approve")
    assert "Approved" in said(page)
    assert desk.now(action).status == "approved"
    assert "Acting" in html(page)
    assert "Take back" in labels(page)


def test_the_history_has_every_change_of_the_leak_and_its_actions_with_who_made_it(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    carried_out(desk.store, desk.settings, desk.elsewhere("approve", action), paid_minor=29_00)
    rows = table_rows(open_page(pages.LEAK, id=action.leak_id), "Every change, the newest first")
    kinds = ["Paid", "Sent", "Approved", "Leak moved on", "Proposed", "Leak moved on", "Leak opened"]
    assert [kind in row for kind, row in zip(kinds, rows, strict=True)] == [True] * len(kinds)
    assert "bob@example.com" in rows[2]
    assert "drafted → approved" in rows[2]


def test_what_came_in_is_the_outcome_until_stripes_data_end_the_leak(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    carried_out(desk.store, desk.settings, desk.elsewhere("approve", action), paid_minor=29_00)
    body = html(open_page(pages.LEAK, id=action.leak_id))
    assert "Paid: $29.00 came in." in body
    assert "The leak ends with the next run that reads so from Stripe." in body


def test_where_nothing_is_proposed_it_says_why_and_what_instead(desk: Desk, home: Path) -> None:
    """A lost card is not tried again; the evidence is what the detector saw."""
    account = typical()
    seen = json.loads(account.rows["leak_findings"][0]["evidence"])
    failed = {
        "at": (now() - timedelta(days=5)).isoformat(),
        "charge": "ch_1",
        "status": "failed",
        "decline_code": "lost_card",
        "decline_group": "never",
        "card_brand": "visa",
        "card": "card_1",
        "payment_method": "pm_1",
    }
    account.rows["leak_findings"][0]["evidence"] = json.dumps({**seen, "payment_method": "pm_1", "attempts": [failed]})
    account.publish(home)
    body = html(open_page(pages.LEAK, id=opened(desk).leak_id))
    assert "Nothing is proposed: The last decline was lost card: trying the same card again is no use." in body
    assert "<strong>Instead:</strong> " in body


def test_dismissing_ends_it_withdraws_the_proposal_and_keeps_it_from_opening(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = press(open_page(pages.LEAK, id=action.leak_id), "Dismiss")
    assert "Say in a few words why this is no leak." in said(page)
    page.text_area[0].set_value("A test account of ours.")
    page = press(page, "Dismiss")
    assert "Dismissed until" in said(page)
    assert (of(desk).status, desk.now(action).status) == ("dismissed", "withdrawn")
    assert suppressed_causes(desk.store, TENANT, now()) == {"invoice:in_0001"}
    assert "A test account of ours." in html(page)
    page = press(page, "Let it leak again")
    assert "opens again with the next run" in said(page)
    assert suppressed_causes(desk.store, TENANT, now()) == set()


def test_a_leak_gets_an_owner_and_loses_it(desk: Desk) -> None:
    desk.role()
    action = desk.propose()
    page = open_page(pages.LEAK, id=action.leak_id)
    (box,) = (box for box in page.selectbox if box.label == "Who cares for it")
    box.set_value(ADA)
    page = press(page, "Set the owner")
    assert of(desk).owner == ADA
    assert "cares for it now" in said(page)
    (box,) = (box for box in page.selectbox if box.label == "Who cares for it")
    assert box.value == ADA
    box.set_value("Nobody")
    press(page, "Set the owner")
    assert of(desk).owner is None


def test_who_may_not_decide_has_no_word_on_a_leak(desk: Desk) -> None:
    desk.role("viewer")
    action = desk.propose()
    page = open_page(pages.LEAK, id=action.leak_id)
    assert not {"Dismiss", "Set the owner", "Approve"} & set(labels(page))
    assert "Every change, the newest first" in html(page)


def test_a_finding_leads_to_its_leak_and_an_unknown_leak_is_none(desk: Desk) -> None:
    action = desk.propose()
    found = links(open_page(pages.FINDING, id="f0001"))
    assert action.leak_id in found["Its leak: pending decision"]
    assert not [one for one in links(open_page(pages.FINDING, id="f0002")) if "leak" in one.lower()]
    assert open_page(pages.LEAK, id="leak_of_nobody").info[0].value == "There is no such leak here."


def test_the_first_page_says_what_came_in_per_currency_and_what_waits(desk: Desk) -> None:
    desk.role()
    assert "Recovered by approved actions" not in html(open_page(pages.OVERVIEW))
    for number, amount, currency in ((1, 290_00, "usd"), (4, 12_800, "jpy")):
        action = desk.propose(number, amount, currency)
        carried_out(desk.store, desk.settings, desk.elsewhere("approve", action), paid_minor=amount)
    desk.propose(2)
    page = run(open_page(pages.OVERVIEW))
    assert "Recovered by approved actions so far: ¥12,800, $290.00" in html(page)
    assert links(page)["1 proposal awaits a decision"].startswith("approvals")
