"""The first page, run for real: its figures are those of the SQL, its words those of the account."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from streamlit_app import money, pages
from tests.streamlit_app.conftest import Show, html, links
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
    assert not links(page, "findings")


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
    assert "$125.00" in html(show(account))
    finding = html(show(at=pages.FINDING, id="f0002"))
    assert "Counted in totals, the rest by another finding</dt><dd>$25.00" in finding


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
    assert links(page)["Show the reviews"] == "findings?show=Reviews"


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


def test_a_leak_type_judged_on_a_part_says_so(show: Show) -> None:
    account = typical(as_of=datetime.now(UTC).replace(tzinfo=None))
    account.rows["leak_types"][0]["unread_reason"] = "the key may not read disputes"
    assert "judged on a part" in show(account).warning[0].value


def test_quarantined_objects_are_counted_once_and_explained(show: Show) -> None:
    account = typical(as_of=datetime.now(UTC).replace(tzinfo=None))
    for _ in range(2):
        account.put("quarantined", resource="invoice", id="in_x", reason="amount_due is 12.5")
    assert "1 object in quarantine" in show(account).warning[0].value
    assert "amount_due is 12.5" in html(show(at=pages.QUALITY))


def test_each_bar_leads_to_the_findings_it_stands_for(show: Show) -> None:
    page = show(typical())
    bars = links(page, "findings")
    assert bars["8–30 days 2 alerts $1,609.00"] == "findings?age=8%E2%80%9330+days"
    assert bars["Enterprise 2 alerts $9,790.62"] == "findings?plan=Enterprise"
    assert bars["No country 1 alert $205.00"] == "findings?country=No+country"
    listed = html(show(at=pages.FINDINGS, age=["8–30 days"]))
    assert "2 alerts: $1,609.00" in listed


def test_bars_stand_in_the_order_of_ages_and_of_amounts(show: Show) -> None:
    said = list(links(show(typical()), "findings"))
    ages = [text.split(" days")[0] for text in said if " days " in text]
    assert ages == ["0–7", "8–30", "31–90", "181–365"]
    plans = [text.split()[0] for text in said if text.startswith(("Enterprise", "Team", "Pro "))]
    assert plans == ["Enterprise", "Team", "Pro"]


def test_the_customers_with_most_to_recover_come_first(show: Show) -> None:
    account = typical()
    for i in range(20):
        account.add(f"Small {i}", 1_00 + i)
    customers = {text: to for text, to in links(show(account), "findings").items() if "?q=" in to}
    assert len(customers) == 8
    assert next(iter(customers.items())) == ("Kestrel Robotics 1 alert $8,450.00", "findings?q=cus_0002")


def test_one_group_alone_is_no_chart(show: Show) -> None:
    account = Account()
    account.add("A", 100_00)
    account.add("B", 50_00)
    page = html(show(account))
    assert ">By " not in page.replace(">By currency", "")
    assert "Customers with most to recover" in page


def test_webhooks_that_do_not_arrive_are_told_on_the_first_page(show: Show) -> None:
    account = typical()
    url = "https://acme.example/webhooks/stripe/default"
    account.put("webhook_endpoints", endpoint_id="we_1", url=url, state="ok", message="events arrive")
    assert "Webhooks" not in "".join(one.value for one in show(account).warning)
    account.put("webhook_endpoints", endpoint_id="we_2", url=url, state="silent", message="none came: look at <b>")
    said = show(account).warning[0].value
    assert "Webhooks do not arrive" in said
    assert "None came\\: look at \\<b\\>" in said


def test_failed_checks_are_told_on_the_first_page(show: Show) -> None:
    account = typical(source="export")
    common = {"resource": "invoice", "is_passed": False}
    account.put("quality_results", expectation="expect_x", severity="critical", **common)
    account.put("quality_results", expectation="expect_y", severity="warning", error="KeyError", **common)
    account.put("quality_results", expectation="expect_z", severity="warning", **common)
    assert "2 checks of the data did not pass" in show(account).warning[0].value
