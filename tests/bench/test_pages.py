"""How long a page's content takes in a real browser, with 20,000 customers and 1.7 million invoices and payments."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.bench.measure import show
from tests.streamlit_app import large_account
from tests.streamlit_app.browser import chromium, served

pytestmark = [pytest.mark.bench, pytest.mark.browser]

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
GOAL = "p95 under 1 s"


def _timed(act: Callable[[], object], content: Locator) -> float:
    """Seconds from the click or the address to the last part of the page's content."""
    started = time.monotonic()
    act()
    content.wait_for(state="visible")
    return time.monotonic() - started


def _figures(seconds: list[float]) -> str:
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return f"p50 {statistics.median(seconds):.2f} s, p95 {p95:.2f} s"


def _contents(page: Page) -> dict[str, Locator]:
    """What each page draws last."""
    return {
        "overview": page.locator(".st-key-bars-customer a").nth(7),
        "findings": page.get_by_role("button", name="Next"),
        "one finding": page.locator("table", has_text="payment").last,
        "data quality": page.get_by_role("heading", name="Quarantine"),
    }


def test_pages_at_20_000_customers(tmp_path: Path) -> None:
    large_account.publish(tmp_path / "home")
    with chromium() as browser, served(tmp_path / "home") as address:
        page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        page.set_default_timeout(60_000)
        contents = _contents(page)
        addresses = {"overview": address, "findings": f"{address}findings", "data quality": f"{address}quality"}
        by_link: dict[str, list[float]] = {name: [] for name in contents}
        by_address: dict[str, list[float]] = {name: [] for name in contents}
        page.goto(address)
        contents["overview"].wait_for()
        # The first round warms the server, the browser's cache and the file's pages.
        for number in range(ROUNDS + 1):
            rows = page.locator(".st-key-findings a")
            ways: dict[str, Callable[[], object]] = {
                "findings": page.get_by_role("link", name="Findings", exact=True).first.click,
                "one finding": rows.nth(number % 25).click,
                "data quality": page.get_by_role("link", name="Data quality", exact=True).first.click,
                "overview": page.get_by_role("link", name="Overview", exact=True).first.click,
            }
            for name, go in ways.items():
                seconds = _timed(go, contents[name])
                if name == "one finding":
                    addresses["one finding"] = page.url
                if number:
                    by_link[name].append(seconds)
        for number in range(ROUNDS + 1):
            for name, url in addresses.items():
                page.goto("about:blank")
                seconds = _timed(lambda url=url: page.goto(url, wait_until="commit"), contents[name])
                if number:
                    by_address[name].append(seconds)
    for name, seconds in by_link.items():
        show(f"page of 20,000 customers, by link: {name}", _figures(seconds), GOAL)
    for name, seconds in by_address.items():
        show(f"page of 20,000 customers, opened anew: {name}", _figures(seconds), GOAL)
