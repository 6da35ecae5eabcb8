"""The list of findings: filters, address, order, pages."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from revops.warehouse import Published
from streamlit_app import pages
from streamlit_app.data import findings as data
from streamlit_app.export import findings_csv
from streamlit_app.filters import BOTH, Filters
from tests.streamlit_app.conftest import Show, html
from tests.streamlit_app.published_account import Account, typical

FINDINGS = pages.FINDINGS


def _customers(page: AppTest) -> list[str]:
    """Who is on the list: what stands before the amount."""
    found = []
    for element in page.get("page_link"):
        if element.proto.page == "finding":
            found.append(re.sub(r"\\(.)", r"\1", element.proto.label.split(" **")[0]))
    return found


def _address(page: AppTest) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else list(value) for name, value in page.query_params.items()}


def test_alerts_come_first_and_alone(show: Show) -> None:
    page = show(typical(), at=FINDINGS)
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
    page = show(typical(), at=FINDINGS, **address)
    assert _customers(page) == customers


def test_a_filter_changes_the_table_and_the_sums(show: Show) -> None:
    page = show(typical(), at=FINDINGS)
    page.multiselect(key="currency").select("EUR").run()
    assert "1 alert: €2,400.00" in html(page)
    assert _customers(page) == ["Fjordlicht GmbH"]


def test_alerts_and_reviews_are_two_sums(show: Show) -> None:
    page = show(typical(), at=FINDINGS, show="Both", currency="EUR")
    assert "1 alert: €2,400.00 &nbsp;·&nbsp; 1 review: €1,150.00" in html(page)


def test_nothing_found_offers_to_clear_the_filters(show: Show) -> None:
    page = show(typical(), at=FINDINGS, q="nobody")
    assert page.info[0].value == "No finding passes these filters."
    next(b for b in page.button if b.label == "Clear filters").click().run()
    assert len(_customers(page)) == 11


def test_another_filter_returns_to_page_one(show: Show) -> None:
    account = typical()
    for i in range(60):
        account.add(f"Many {i}", 100)
    page = show(account, at=FINDINGS, page="2")
    assert page.get("pagination")[0].value == 2
    page.multiselect(key="currency").select("USD").run()
    assert _address(page) == {"currency": ["USD"]}
    assert page.get("pagination")[0].value == 1


def test_every_filter_goes_to_the_address(show: Show) -> None:
    page = show(typical(), at=FINDINGS)
    page.multiselect(key="age").select("31–90 days").run()
    page.multiselect(key="plan").select("Team").run()
    page.text_input(key="q").set_value("fjord").run()
    page.selectbox(key="sort").set_value("Oldest").run()
    assert _customers(page) == ["Fjordlicht GmbH"]
    assert _address(page) == {"age": ["31–90 days"], "plan": ["Team"], "q": ["fjord"], "sort": ["Oldest"]}


def test_another_address_beneath_the_same_widgets_changes_them(show: Show) -> None:
    """What the back button does."""
    page = show(typical(), at=FINDINGS, currency=["EUR"])
    page.query_params["currency"] = ["JPY"]
    page.run()
    assert page.multiselect(key="currency").value == ["JPY"]
    assert _customers(page) == ["Hoshino Denki"]


def test_unknown_values_in_an_address_are_left_aside(show: Show) -> None:
    page = show(typical(), at=FINDINGS, currency=["XXX"], show="Nothing", page="99", sort="None")
    assert len(_customers(page)) == 9


def test_orders_are_by_value_in_the_reporting_currency_and_by_age(show: Show) -> None:
    account = typical()
    by_amount = _customers(show(account, at=FINDINGS, sort="Largest amount"))
    assert by_amount[:3] == ["Kestrel Robotics", "Fjordlicht GmbH", "Al Noor Trading"]
    assert by_amount[-1] == "Nordvind AS", "without a rate it compares with nothing"
    assert _customers(show(account, at=FINDINGS, sort="Oldest"))[0] == "Nordvind AS"
    assert _customers(show(account, at=FINDINGS, sort="Newest"))[0] == "Cost $5 and $6 **bold** :smile:"
    assert _customers(show(account, at=FINDINGS, sort="Customer"))[1] == "[pay here](javascript:alert(1))"


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
    page = show(at=FINDINGS, page="800")
    assert len(_customers(page)) == 25
    assert _customers(page)[-1] == "Customer 19999"
    assert "20,000 alerts: $2,019,900.00" in html(page)
    with Published.open(home) as published:
        assert findings_csv(data.findings(published, Filters(shown=BOTH))).count("\n") == 20_001
