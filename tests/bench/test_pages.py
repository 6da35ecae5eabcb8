"""How long a page's content takes in a real browser, with 20,000 customers and 1.7 million invoices and payments.

By link is the warm way: from one page to the next in one browser. Opened anew, the browser also starts Streamlit.
"""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.bench.measure import show
from tests.streamlit_app import large_account
from tests.streamlit_app.browser import chromium, served

pytestmark = [pytest.mark.bench, pytest.mark.browser]

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
GOAL = "p95 under 1 s"


# What each page draws last.
CONTENTS = {
    "overview": "() => document.querySelectorAll('.st-key-bars-customer a').length === 8",
    "findings": "() => document.querySelectorAll('.st-key-findings a').length === 25",
    "one finding": "() => [...document.querySelectorAll('caption')].some(e => e.textContent.includes('payment'))",
    "data quality": "() => [...document.querySelectorAll('h2')].some(e => e.textContent === 'Quarantine')",
}


def _timed(page: Page, act: Callable[[], object], content: str) -> float:
    """Seconds from the click or the address to the last part of the page's content, seen at every frame: a
    locator's own waiting looks only twice a second."""
    started = time.monotonic()
    act()
    page.wait_for_function(content, polling="raf")
    return time.monotonic() - started


def _figures(seconds: list[float]) -> str:
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return f"p50 {statistics.median(seconds):.2f} s, p95 {p95:.2f} s"


def test_pages_at_20_000_customers(tmp_path: Path) -> None:
    large_account.publish(tmp_path / "home")
    with chromium() as browser, served(tmp_path / "home") as address:
        page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        page.set_default_timeout(60_000)
        addresses = {"overview": address, "findings": f"{address}findings", "data quality": f"{address}quality"}
        by_link: dict[str, list[float]] = {name: [] for name in CONTENTS}
        by_address: dict[str, list[float]] = {name: [] for name in CONTENTS}
        page.goto(address)
        page.wait_for_function(CONTENTS["overview"])
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
                page.locator("[data-test-script-state=notRunning]").wait_for()
                seconds = _timed(page, go, CONTENTS[name])
                if name == "one finding":
                    addresses["one finding"] = page.url
                if number:
                    by_link[name].append(seconds)
        for number in range(ROUNDS + 1):
            for name, url in addresses.items():
                page.goto("about:blank")
                seconds = _timed(page, lambda url=url: page.goto(url, wait_until="commit"), CONTENTS[name])
                if number:
                    by_address[name].append(seconds)
    for name, seconds in by_link.items():
        show(f"page of 20,000 customers, by link: {name}", _figures(seconds), GOAL)
    for name, seconds in by_address.items():
        show(f"page of 20,000 customers, opened anew: {name}", _figures(seconds), "for comparison")
