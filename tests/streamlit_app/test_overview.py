"""The first page, run for real: its figures are those of the SQL, its words those of the account."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from streamlit_app import money
from tests.streamlit_app.conftest import Show, html
from tests.streamlit_app.published_account import AS_OF, Account, typical


def test_nothing_published_says_which_command_publishes(show: Show) -> None:
    page = show()
    assert page.title[0].value == "Nothing is published yet"
    assert page.code[0].value == "leaks run"


def test_a_broken_published_file_says_what_to_do(show: Show, home: Path) -> None:
    typical().publish(home).write_bytes(b"not a database")
    page = show()
    assert "leaks run" in page.error[0].value.replace("\\", "")


def test_no_leaks_says_what_was_checked(show: Show) -> None:
    account = Account()
    account.put("customers", customer_id="cus_1", name="A")
    page = show(account)
    assert "No leaks found" in html(page)
    assert "Checked 1 customer, 0 subscriptions, 0 invoices and 0 payments." in html(page)
    assert "Leak types checked: Unpaid invoices." in html(page)
    assert not page.dataframe


def test_totals_equal_the_sums_in_sql_and_count_alerts_only(show: Show, home: Path) -> None:
    account = typical()
    page = show(account)
    with duckdb.connect(str(home / "default" / "published-1.duckdb"), read_only=True) as connection:
        total = connection.execute("select sum(counted_reporting_minor)::bigint from triage where is_alert").fetchone()
        sums = connection.execute(
            "select currency, sum(counted_minor)::bigint from triage where is_alert group by 1"
        ).fetchall()
    assert total is not None
    assert money.text(total[0], "usd") in html(page)
    for currency, amount in sums:
        assert f">{money.text(amount, currency)}<" in html(page)


def test_what_is_counted_elsewhere_is_not_counted_again(show: Show) -> None:
    account = Account()
    account.add("A", 100_00, counted_minor=100_00)
    account.add("B", 100_00, counted_minor=25_00)
    page = show(account, finding="f0002")
    assert "$125.00" in html(page)
    assert "Counted in totals, the rest by another finding</dt><dd>$25.00" in html(page)


def test_reviews_stand_in_their_own_column_and_in_no_total(show: Show) -> None:
    account = Account()
    account.add("A", 100_00)
    account.add("B", 900_00, is_alert=False)
    page = html(show(account))
    assert '<p class="leaks-number">$100.00</p>' in page
    assert "$900.00" in page
    assert "$1,000.00" not in page


def test_only_reviews_is_no_amount(show: Show) -> None:
    account = Account()
    account.add("B", 900_00, is_alert=False)
    page = show(account)
    assert "No alerts" in html(page)
    assert "1 review to look at" in html(page)


def test_monthly_amounts_have_a_column_of_their_own(show: Show) -> None:
    account = Account()
    account.add("A", 100_00, recurring_minor=40_00)
    page = html(show(account))
    assert "Lost per month from now" in page
    assert "$40.00" in page
    assert "$140.00" not in page


def test_a_currency_without_a_rate_is_left_out_of_the_figure_and_said(show: Show) -> None:
    page = html(show(typical()))
    assert "Not in this figure, for want of an exchange rate: NOK\u00a05,000.00" in page


def test_the_figure_says_the_date_of_its_rates(show: Show) -> None:
    assert "In USD; other currencies at rates of 29 Sep 2026" in html(show(typical()))


def test_one_currency_needs_no_rates(show: Show) -> None:
    account = Account()
    account.add("A", 100_00)
    assert "rates of" not in html(show(account))


def test_a_test_account_is_marked(show: Show) -> None:
    page = show(typical(mode="test"), finding="f0001")
    assert "test-mode account" in html(page)
    assert "https://dashboard.stripe.com/test/invoices/in_0001" in [b.url for b in page.get("link_button")]


def test_a_live_account_is_not(show: Show) -> None:
    page = show(typical(), finding="f0001")
    assert "test-mode account" not in html(page)
    assert "https://dashboard.stripe.com/invoices/in_0001" in [b.url for b in page.get("link_button")]


def test_freshness_names_the_moment_and_the_source(show: Show) -> None:
    page = html(show(typical(published_at=datetime.now(UTC) - timedelta(minutes=5))))
    assert "As of 1 Oct 2026, 00:00 UTC" in page
    assert "from Stripe&#x27;s API, account acct_1Ab. Published 5 minutes ago." in page


def test_old_figures_of_an_api_ask_for_a_run(show: Show) -> None:
    assert "leaks run" in show(typical(as_of=AS_OF - timedelta(days=400))).warning[0].value


def test_old_exports_are_just_old(show: Show) -> None:
    account = typical(source="export", as_of=AS_OF - timedelta(days=400))
    assert not show(account).warning


REFUSED = "STRIPE_API_KEY may not read invoice: give the restricted key the permission rak_invoice_read and run again"


def test_switched_off_resources_and_leak_types_say_once_what_to_do(show: Show) -> None:
    account = typical(as_of=datetime.now(UTC).replace(tzinfo=None))
    account.rows["leak_types"][0].update(is_on=False, reason=REFUSED)
    account.put("data_coverage", resource="invoice", is_on=False, reason=REFUSED, permission="rak_invoice_read")
    said = show(account).warning[0].value.replace("\\", "")
    assert "Unpaid invoices: off." in said
    assert "Invoices cannot be read." in said
    assert said.count(REFUSED) == 1


def test_a_file_that_an_export_lacks_is_told_only_where_coverage_is(show: Show) -> None:
    account = typical(source="export")
    account.put("data_coverage", resource="credit_note", is_on=False, reason="the export has no credit_note.jsonl")
    page = show(account)
    assert not page.warning
    assert "Off: the export has no credit_note.jsonl" in html(page)


def test_a_leak_type_judged_on_a_part_says_so(show: Show) -> None:
    account = typical(as_of=datetime.now(UTC).replace(tzinfo=None))
    account.rows["leak_types"][0]["unread_reason"] = "the key may not read disputes"
    assert "judged on a part" in show(account).warning[0].value


def test_quarantined_objects_are_counted_once_and_explained(show: Show) -> None:
    account = typical(as_of=datetime.now(UTC).replace(tzinfo=None))
    for _ in range(2):
        account.put("quarantined", resource="invoice", id="in_x", reason="amount_due is 12.5")
    page = show(account)
    assert "1 object in quarantine" in page.warning[0].value
    assert "amount_due is 12.5" in html(page)


def test_what_is_covered_names_the_limit_of_history(show: Show) -> None:
    account = typical()
    account.rows["integration"][0]["since"] = AS_OF - timedelta(days=90)
    account.rows["data_coverage"][1]["covered_from"] = AS_OF - timedelta(days=90)
    page = show(account)
    assert "since 3 Jul 2026, as asked with --since" in page.expander[-1].label
    assert "since 3 Jul 2026" in html(page)


@pytest.mark.parametrize("finding", ["f0007", "f0008", "f0009"])
def test_names_of_strangers_are_shown_as_they_are_written(show: Show, finding: str) -> None:
    page = show(typical(), finding=finding)
    body = html(page)
    assert "<script>" not in body
    assert "javascript:alert" not in "".join(str(b.url) for b in page.get("link_button"))
    # Everything else that could read markdown must not get a name at all.
    for element in (*page.markdown, *page.caption, *page.warning, *page.info, *page.subheader, *page.title):
        assert "alert(" not in element.value
        assert "$5" not in element.value


def test_a_hosted_link_that_is_no_https_is_no_button(show: Show) -> None:
    account = Account()
    account.add("A", 100, hosted="javascript:alert(1)")
    assert [b.label for b in show(account, finding="f0001").get("link_button")] == ["Open in Stripe"]


def test_a_finding_tells_why_what_was_tried_and_what_would_prove_it_wrong(show: Show) -> None:
    body = html(show(typical(), finding="f0001"))
    assert "Every scheduled try has failed" in body
    assert "It would be wrong if: A payment arrived outside Stripe" in body
    assert "4 payment attempts" in body
    assert "Insufficient funds (network 51): a later try can work" in body
    assert "Visa ••4242" in body


def test_a_link_to_a_finding_that_is_gone_says_so(show: Show) -> None:
    assert "not among those of 1 Oct 2026" in show(typical(), finding="f9999").info[0].value
