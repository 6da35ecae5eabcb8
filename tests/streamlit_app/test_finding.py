"""One finding: its evidence, what was tried, what to do, who the customer is, and where it is in Stripe."""

from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from streamlit_app import pages
from tests.streamlit_app.conftest import Show, html, links
from tests.streamlit_app.published_account import AS_OF, Account, typical


def _buttons(page: AppTest) -> dict[str, str]:
    return {button.proto.label: button.proto.url for button in page.get("link_button")}


def test_a_test_account_is_marked_and_its_links_are_too(show: Show) -> None:
    page = show(typical(mode="test"), at=pages.FINDING, id="f0001")
    assert "test-mode account" in html(page)
    assert _buttons(page)["Open in Stripe"] == "https://dashboard.stripe.com/acct_1Ab/test/invoices/in_0001"


def test_a_live_account_is_not(show: Show) -> None:
    page = show(typical(), at=pages.FINDING, id="f0001")
    assert "test-mode account" not in html(page)
    assert _buttons(page)["Open in Stripe"] == "https://dashboard.stripe.com/acct_1Ab/invoices/in_0001"
    assert _buttons(page)["Customer in Stripe"] == "https://dashboard.stripe.com/acct_1Ab/customers/cus_0001"


@pytest.mark.parametrize("finding", ["f0007", "f0008", "f0009"])
def test_names_of_strangers_are_shown_as_they_are_written(show: Show, finding: str) -> None:
    page = show(typical(), at=pages.FINDING, id=finding)
    assert "<script>" not in html(page)
    assert "javascript:alert" not in "".join(_buttons(page).values())
    # Everything else that could read markdown must not get a name at all.
    for element in (*page.markdown, *page.caption, *page.warning, *page.info, *page.subheader, *page.title):
        assert "alert(" not in element.value
        assert "$5" not in element.value


def test_a_hosted_link_that_is_no_https_is_no_button(show: Show) -> None:
    account = Account()
    account.add("A", 100, hosted="javascript:alert(1)")
    assert set(_buttons(show(account, at=pages.FINDING, id="f0001"))) == {"Open in Stripe", "Customer in Stripe"}


def test_a_finding_tells_why_what_was_tried_and_what_would_prove_it_wrong(show: Show) -> None:
    body = html(show(typical(), at=pages.FINDING, id="f0001"))
    assert "Every scheduled try has failed" in body
    assert "It would be wrong if: A payment arrived outside Stripe" in body
    assert "4 payment attempts" in body
    assert "Insufficient funds (network 51), Visa ••4242" in body
    assert "A later try can work" in body


def test_the_timeline_runs_from_the_bill_over_every_try_to_the_alert(show: Show) -> None:
    body = html(show(typical(), at=pages.FINDING, id="f0001"))
    timeline = body.split("<ol")[1].split("</ol>")[0]
    assert timeline.count("<li") == 6
    assert timeline.index("Invoice over $1,299.00") < timeline.index("Insufficient funds")
    assert timeline.rindex("Insufficient funds") < timeline.index("An alert from here on")
    assert "19 Sep 2026, 00:00 UTC" in timeline


def test_a_review_is_no_alert_in_the_timeline(show: Show) -> None:
    body = html(show(typical(), at=pages.FINDING, id="f0010"))
    assert "In review from here on" in body
    assert "Review, in no total" in body


def test_the_playbook_says_what_to_check_what_to_do_and_when_not_to(show: Show) -> None:
    page = show(typical(), at=pages.FINDING, id="f0001")
    assert [part.label for part in page.expander][-3:] == [
        "What to check first",
        "How to recover it",
        "When not to act",
    ]
    texts = " ".join(part.value for part in page.markdown)
    assert "Open the invoice" in texts
    assert "Never make a second charge" in texts


def test_a_leak_type_of_another_version_has_no_playbook_and_says_so(show: Show) -> None:
    account = Account()
    account.add("A", 100, leak_type="of_tomorrow")
    page = show(account, at=pages.FINDING, id="f0001")
    assert "no playbook" in page.caption[0].value


def test_the_customers_history_is_one_customers(show: Show) -> None:
    account = typical()
    account.put(
        "invoices",
        invoice_id="in_paid",
        customer_id="cus_0001",
        number="ACME-OLD",
        status="paid",
        currency="usd",
        total_minor=99_00,
        amount_remaining_minor=0,
        refunded_minor=0,
        created_at=AS_OF - timedelta(days=100),
        paid_at=AS_OF - timedelta(days=99),
        is_paid_out_of_band=True,
        is_deleted=False,
    )
    body = html(show(account, at=pages.FINDING, id="f0001"))
    assert "2 invoices" in body
    assert "Paid 24 Jun 2026, outside Stripe" in body
    assert "4 payments" in body
    assert "ACME-0002" not in body


def test_a_long_history_shows_the_newest_and_says_how_many_there_are(show: Show) -> None:
    account = Account()
    account.add("A", 100, declines=("insufficient_funds",) * 30)
    assert "The newest 12 of 30 payments" in html(show(account, at=pages.FINDING, id="f0001"))


def test_other_findings_of_the_customer_are_links(show: Show) -> None:
    account = Account()
    account.add("A", 100_00)
    account.add("B", 50_00)
    for table in ("leak_findings", "triage", "invoices"):
        account.rows[table][1]["customer_id"] = "cus_0001"
    page = show(account, at=pages.FINDING, id="f0001")
    assert links(page, "finding")["Unpaid invoices, ACME-0002, 20 days $50.00"] == "finding?id=f0002"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"has_match": False}, "nothing is known of its use"),
        ({"has_match": True, "is_judged": True, "logins_30d": 41, "active_users_30d": 3}, "<dd>41</dd>"),
        ({"has_match": True, "is_judged": False, "reason_not_judged": "the log covers 20 days"}, "covers 20 days."),
    ],
)
def test_use_of_the_product_is_shown_or_why_it_is_not_known(show: Show, row: dict[str, Any], said: str) -> None:
    account = typical()
    account.put("customer_activity", customer_id="cus_0001", **row)
    assert said in html(show(account, at=pages.FINDING, id="f0001"))


def test_the_way_back_keeps_the_filters(show: Show) -> None:
    page = show(typical(), at=pages.FINDING, id="f0003", currency=["EUR"], show="Both")
    assert links(page, "findings")["All findings"] == "findings?show=Both&currency=EUR"


def test_a_link_to_a_finding_that_is_gone_says_so(show: Show) -> None:
    assert "not among those of 1 Oct 2026" in show(typical(), at=pages.FINDING, id="f9999").info[0].value
