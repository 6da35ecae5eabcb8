"""The findings table: filters, address, order, pages."""

import pytest
from streamlit.testing.v1 import AppTest

from revops.warehouse import Published
from streamlit_app import data
from streamlit_app.export import findings_csv
from streamlit_app.filters import BOTH, Filters
from tests.streamlit_app.conftest import Show, html
from tests.streamlit_app.published_account import Account, typical


def _customers(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Customer"])


def test_alerts_come_first_and_alone(show: Show) -> None:
    page = show(typical())
    assert len(_customers(page)) == 9
    assert "Harbour & Sons" not in _customers(page)


@pytest.mark.parametrize(
    ("address", "customers"),
    [
        ({"currency": ["EUR"]}, ["Fjordlicht GmbH"]),
        ({"currency": ["EUR", "JPY"]}, ["Fjordlicht GmbH", "Hoshino Denki"]),
        ({"show": "Reviews"}, ["Harbour & Sons", "Lumen Labs"]),
        ({"show": "Both", "country": ["FR"]}, ["Lumen Labs"]),
        ({"plan": ["No plan"]}, ["Nordvind AS"]),
        ({"age": ["over a year"]}, ["Nordvind AS"]),
        ({"q": "kestrel"}, ["Kestrel Robotics"]),
        ({"q": "ACME-0004"}, ["Hoshino Denki"]),
        ({"q": "in_0005"}, ["Al Noor Trading"]),
        ({"q": "%"}, []),
        ({"type": ["Unpaid invoices"], "q": "$5"}, ["Cost $5 and $6 **bold** :smile:"]),
    ],
)
def test_an_address_shows_exactly_what_it_names(show: Show, address: dict, customers: list[str]) -> None:
    page = show(typical(), **address)
    assert (_customers(page) if page.dataframe else []) == customers


def test_a_filter_changes_the_table_and_the_sums(show: Show) -> None:
    page = show(typical())
    page.multiselect(key="currency").select("EUR").run()
    assert "1 alert: €2,400.00" in html(page)
    assert _customers(page) == ["Fjordlicht GmbH"]


def test_alerts_and_reviews_are_two_sums(show: Show) -> None:
    page = show(typical(), show="Both", currency="EUR")
    assert "1 alert: €2,400.00 &nbsp;·&nbsp; 1 review: €1,150.00" in html(page)


def test_nothing_found_offers_to_clear_the_filters(show: Show) -> None:
    page = show(typical(), q="nobody")
    assert page.info[0].value == "No finding passes these filters."
    next(b for b in page.button if b.label == "Clear filters").click().run()
    assert len(_customers(page)) == 11


def test_another_filter_closes_the_finding_and_returns_to_page_one(show: Show) -> None:
    account = typical()
    for i in range(60):
        account.add(f"Many {i}", 100)
    page = show(account, finding="f0001", page="2")
    assert page.get("pagination")[0].value == 2
    page.multiselect(key="currency").select("USD").run()
    assert "finding" not in page.query_params
    assert page.get("pagination")[0].value == 1


def test_unknown_values_in_an_address_are_left_aside(show: Show) -> None:
    page = show(typical(), currency=["XXX"], show="Nothing", page="99", sort="None")
    assert len(_customers(page)) == 9


def test_orders_are_by_value_in_the_reporting_currency_and_by_age(show: Show) -> None:
    account = typical()
    by_amount = _customers(show(account, sort="Largest amount"))
    assert by_amount[:3] == ["Kestrel Robotics", "Fjordlicht GmbH", "Al Noor Trading"]
    assert by_amount[-1] == "Nordvind AS", "without a rate it compares with nothing"
    assert _customers(show(account, sort="Oldest"))[0] == "Nordvind AS"


def test_closing_a_finding_takes_it_out_of_the_address(show: Show) -> None:
    page = show(typical(), finding="f0001")
    next(b for b in page.button if b.label == "Close").click().run()
    assert "finding" not in page.query_params


def test_ages_meet_at_their_borders(show: Show, home) -> None:  # type: ignore[no-untyped-def]
    account = Account()
    for age in (0, 7, 8, 30, 31, 90, 91, 180, 181, 365, 366):
        account.add(str(age), 100, age=age)
    account.publish(home)
    with Published.open(home) as published:
        found = {row["customer_name"]: row["age"] for row in data.findings(published, Filters())}
    assert found == {
        "0": "0–7 days",
        "7": "0–7 days",
        "8": "8–30 days",
        "30": "8–30 days",
        "31": "31–90 days",
        "90": "31–90 days",
        "91": "91–180 days",
        "180": "91–180 days",
        "181": "181–365 days",
        "365": "181–365 days",
        "366": "over a year",
    }


def test_twenty_thousand_findings_are_shown_a_page_at_a_time(show: Show, home) -> None:  # type: ignore[no-untyped-def]
    account = Account()
    for i in range(20_000):
        account.add(f"Customer {i}", 100 + i, declines=())
    account.publish(home)
    page = show(page="800")
    assert len(_customers(page)) == 25
    assert _customers(page)[-1] == "Customer 19999"
    assert "20,000 alerts: $2,019,900.00" in html(page)
    with Published.open(home) as published:
        assert findings_csv(data.findings(published, Filters(shown=BOTH))).count("\n") == 20_001
