"""The ways a user goes, in a real browser: from a bar to a finding and back, by links, by keyboard, to files."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.streamlit_app.browser import chromium, served
from tests.streamlit_app.published_account import typical

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard of an account with sixty more alerts."""
    home = tmp_path_factory.mktemp("dashboard") / "home"
    account = typical(mode="test")
    for i in range(60):
        account.add(f"Cedar {i}", 50_00 + i, plan="Starter")
    account.publish(home)
    with served(home) as address:
        yield address


def _page(browser: Browser, width: int) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield page
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from _page(browser, 1440)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    yield from _page(browser, 400)


def test_a_bar_leads_to_its_findings_a_row_to_the_finding_and_back_to_both(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text("This is a Stripe test-mode account")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Team 2 alerts")).click()
    expect(page.get_by_text("2 alerts: €2,400.00, ¥128,000")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/findings\?plan=Team$"))

    page.get_by_role("link", name=re.compile("^Fjordlicht GmbH")).click()
    expect(page.get_by_role("heading", name="Fjordlicht GmbH")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/finding\?id=f0003&plan=Team$"))
    expect(page.get_by_role("link", name="Open in Stripe")).to_have_attribute(
        "href", "https://dashboard.stripe.com/acct_1Ab/test/invoices/in_0003"
    )

    page.go_back()
    expect(page.get_by_text("2 alerts: €2,400.00, ¥128,000")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="What can be recovered")).to_be_visible()


def test_a_filter_is_in_the_address_survives_a_reload_and_the_back_button_undoes_it(page: Page, address: str) -> None:
    page.goto(f"{address}findings")
    expect(page.get_by_text("69 alerts:")).to_be_visible()
    page.get_by_role("combobox", name=re.compile("Currency")).click()
    page.get_by_role("option", name="EUR").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 alert: €2,400.00")).to_be_visible()
    expect(page).to_have_url(re.compile("currency=EUR"))
    page.get_by_role("radio", name="Both").click()
    expect(page.get_by_text("1 review: €1,150.00")).to_be_visible()

    page.reload()
    expect(page.get_by_text("1 review: €1,150.00")).to_be_visible()
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_text("1 review: €1,150.00")).to_be_visible()


def test_the_back_button_undoes_filters_one_by_one(page: Page, address: str) -> None:
    page.goto(f"{address}findings")
    page.get_by_role("searchbox").fill("cedar 1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("11 alerts:")).to_be_visible()
    page.get_by_role("radio", name="Reviews").click()
    expect(page.get_by_text("No finding passes these filters.")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("11 alerts:")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("cedar 1")
    page.go_back()
    expect(page.get_by_text("69 alerts:")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_a_page_of_the_list_is_in_the_address(page: Page, address: str) -> None:
    page.goto(f"{address}findings?sort=Customer")
    page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile("page=2"))
    second = page.get_by_role("link", name=re.compile("^Cedar 28"))
    expect(second).to_be_visible()
    page.reload()
    expect(second).to_be_visible()
    page.go_back()
    expect(second).not_to_be_visible()


@pytest.mark.parametrize(("button", "suffix"), [("CSV", "csv"), ("Parquet", "parquet")])
def test_a_file_holds_exactly_what_the_filters_show(
    page: Page, address: str, tmp_path: Path, button: str, suffix: str
) -> None:
    page.goto(f"{address}findings?plan=Starter&sort=Customer")
    expect(page.get_by_text("60 alerts: $3,017.70")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    assert download.value.suggested_filename == f"findings-2026-10-01.{suffix}"
    file = tmp_path / f"findings.{suffix}"
    download.value.save_as(file)
    rows = list(csv.DictReader(file.read_text().splitlines())) if suffix == "csv" else pq.read_table(file).to_pylist()
    assert len(rows) == 60
    assert sum(int(row["counted_minor"]) for row in rows) == 3_017_70
    assert {row["currency"] for row in rows} == {"usd"}
    assert [row["customer_name"] for row in rows[:3]] == ["Cedar 0", "Cedar 1", "Cedar 10"]


def test_a_finding_opens_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}findings?currency=JPY")
    page.get_by_role("link", name=re.compile("^Hoshino Denki")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hoshino Denki")).to_be_visible()


def test_names_of_strangers_stay_text_in_a_browser(page: Page, address: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{address}findings?show=Both&currency=USD")
    for name in ("<script>alert('x')</script>", "[pay here](javascript:alert(1))", "Cost $5 and $6 **bold** :smile:"):
        row = page.get_by_role("link").filter(has_text=name)
        expect(row).to_be_visible()
        row.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.go_back()
    assert page.locator("a[href^='javascript']").count() == 0


@pytest.mark.parametrize("path", ["", "findings", "finding?id=f0001", "quality"])
def test_a_phone_needs_no_sideways_scrolling(phone: Page, address: str, path: str) -> None:
    phone.goto(f"{address}{path}")
    expect(phone.get_by_role("heading", level=1)).to_be_visible()
    expect(phone.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    # The page's own style comes as one of its elements: until it is there a table is as wide as its words.
    phone.wait_for_function(
        """() => document.documentElement.scrollWidth <= 400 &&
        [...document.querySelectorAll('.leaks-scroll')].every(e => e.scrollWidth <= e.clientWidth + 1)"""
    )
