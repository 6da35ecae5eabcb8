"""The 90 days: the line's last day is the headline, its words say what it means."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.warehouse import Published
from streamlit_app.data import overview
from streamlit_app.parts import trend
from tests.streamlit_app.conftest import Show, html
from tests.streamlit_app.published_account import Account, typical


def _daily(home: Path, currency: str | None) -> list[dict[str, Any]]:
    with Published.open(home) as published:
        return overview.daily(published, currency)


def test_the_last_day_is_the_headline(show: Show, home: Path) -> None:
    page = show(typical())
    with Published.open(home) as published:
        total = overview.reporting_total(published)
    rows = _daily(home, None)
    assert len(rows) == 90
    assert rows[-1]["amount_minor"] == total["amount_minor"]
    assert "1 Oct 2026: $15,239.62 in 8 alerts; 4 Jul 2026: $1,340.62 in 1 alert." in html(page)


@pytest.mark.parametrize(
    ("choice", "said"),
    [("EUR", "1 Oct 2026: €2,400.00 in 1 alert"), ("NOK", "1 Oct 2026: NOK\u00a05,000.00 in 1 alert")],
)
def test_a_currency_of_its_own_can_be_chosen_in_the_address(show: Show, choice: str, said: str) -> None:
    page = html(show(typical(), trend=choice))
    assert said in page
    assert "exchange rates" not in page


def test_the_line_says_what_it_means(show: Show) -> None:
    page = html(show(typical()))
    assert "was settled since" in page
    assert "earlier days are at least this high" in page
    assert "All days at today&#x27;s exchange rates." in page


def test_one_currency_offers_no_choice(show: Show) -> None:
    account = Account()
    account.add("A", 100_00, age=3)
    account.trend()
    page = show(account)
    assert "1 Oct 2026: $100.00 in 1 alert; 4 Jul 2026: $0.00 in 0 alerts." in html(page)
    assert not page.segmented_control


def test_only_a_currency_without_a_rate_asks_to_choose_it(show: Show) -> None:
    account = Account()
    account.add("A", 100_00, "nok", age=3)
    account.trend()
    assert "None of it has an exchange rate" in html(show(account))
    assert "NOK\u00a0100.00 in 1 alert" in html(show(trend="NOK"))


def test_the_chart_has_a_column_for_each_day_with_its_amount_as_text(show: Show) -> None:
    chart = html(show(typical(), trend="EUR")).split('class="leaks-trend"')[1]
    assert chart.count('class="leaks-day"') == 90
    assert 'title="29 Aug 2026: €2,400.00 in 1 alert"' in chart
    assert 'title="28 Aug 2026: €0.00 in 0 alerts"' in chart
    for line in ("€0", "€1,000", "€2,000", "€3,000"):
        assert f">{line}<" in chart
    for month in ("1 Aug", "1 Sep"):
        assert f">{month}<" in chart


@given(st.integers(0, 10**17), st.sampled_from([1, 100, 1000]))
def test_lines_are_few_and_at_round_amounts(highest: int, unit: int) -> None:
    step = trend.step(highest, unit)
    assert highest <= 4 * step
    assert highest > step or step in (1, unit)
    assert str(step).rstrip("0") in ("1", "2", "5")


def test_no_history_is_no_empty_chart(show: Show) -> None:
    account = Account()
    account.add("A", 100_00)
    assert "last 90 days" not in html(show(account))
