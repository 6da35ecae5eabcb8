"""The page in a real browser: filter, open a finding, reload the address, see the same."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.streamlit_app.conftest import APP
from tests.streamlit_app.published_account import typical

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        say = "no Chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(say)
        pytest.skip(say)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard of an account with sixty more alerts, served by a process of its own."""
    folder = tmp_path_factory.mktemp("dashboard")
    account = typical(mode="test")
    for i in range(60):
        account.add(f"Cedar {i}", 50_00 + i, plan="Starter")
    account.publish(folder / "home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)],
        cwd=folder,
        env={**os.environ, "LEAKS_HOME": str(folder / "home"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        started = next((line for line in process.stdout if "URL" in line), None)
        assert started, f"streamlit ended with {process.wait()}"
        assert f"http://127.0.0.1:{port}" in started, "it listens on this machine only"
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield page
    context.close()


def _pick_first_row(page: Page) -> None:
    """Rows are painted on a canvas: the first one's box lies below the header."""
    page.locator(".stDataFrameGlideDataEditor").first.click(position={"x": 20, "y": 35 + 17})


def test_a_link_reproduces_filters_page_and_finding(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text("This is a Stripe test-mode account")).to_be_visible()
    expect(page.get_by_text("69 alerts:")).to_be_visible()

    page.get_by_role("combobox", name=re.compile("Currency")).click()
    page.get_by_role("option", name="EUR").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 alert: €2,400.00")).to_be_visible()
    expect(page).to_have_url(re.compile("currency=EUR"))

    _pick_first_row(page)
    expect(page.get_by_text("Why this is found")).to_be_visible()
    expect(page.locator(".leaks-title")).to_have_text("Fjordlicht GmbH")
    expect(page).to_have_url(re.compile("finding=f0003"))

    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_text("1 alert: €2,400.00")).to_be_visible()
    expect(page.locator(".leaks-title")).to_have_text("Fjordlicht GmbH")
    expect(page.get_by_role("link", name="Open in Stripe")).to_have_attribute(
        "href", "https://dashboard.stripe.com/test/invoices/in_0003"
    )


def test_a_page_of_the_table_is_in_the_address(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile("page=2"))


def test_names_of_strangers_stay_text_in_a_browser(page: Page, address: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{address}?finding=f0007&show=Both")
    expect(page.locator(".leaks-title")).to_have_text("<script>alert('x')</script>")
    page.goto(f"{address}?finding=f0009")
    expect(page.locator(".leaks-title")).to_have_text("Cost $5 and $6 **bold** :smile:")
    assert page.locator("a[href^='javascript']").count() == 0


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{address}?finding=f0001")
    expect(page.locator(".leaks-title")).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
