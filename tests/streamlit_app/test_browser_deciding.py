"""Deciding in a real browser: by mouse and keyboard, and what was decided elsewhere appears by itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from revops.settings import Settings
from revops.store import open_store
from streamlit_app import pages
from tests.revops.store.proposed import person
from tests.streamlit_app.browser import chromium, served
from tests.streamlit_app.deciding import ADA, Desk
from tests.streamlit_app.published_account import typical
from tests.streamlit_app.test_accessibility import FAINT, NAMELESS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, WIDE = 400, 1300
# Each test asks about an invoice of its own.
_numbers = itertools.count(40)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("deciding") / "home"
    typical().publish(home)
    settings = Settings(leaks_home=home, database_url=None, leaks_secret_key=None)
    with open_store(settings, upgrade=True) as store:
        person(store, ADA)
        yield Desk(settings, store)


@pytest.fixture(scope="module")
def address(browser: Browser, desk: Desk) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEAKS_WEB_PERSON", ADA)
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("LEAKS_SECRET_KEY", raising=False)
        with served(desk.settings.leaks_home) as address:
            yield address


def opened(browser: Browser, url: str, width: int = WIDE, scheme: str = "light") -> Page:
    page = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def test_what_is_decided_in_slack_appears_without_a_reload(browser: Browser, desk: Desk, address: str) -> None:
    action = desk.propose(3, 240_00, "eur")
    page = opened(browser, f"{address}approvals")
    expect(page.get_by_role("heading", name=re.compile("Fjordlicht GmbH"))).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    desk.elsewhere("deny", action, reason="not_now")
    expect(page.get_by_text("Denied: not now.")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Fjordlicht GmbH"))).to_have_count(0)
    desk.propose(4, 12_800, "jpy")
    expect(page.get_by_role("heading", name=re.compile("Hoshino Denki"))).to_be_visible()
    assert page.evaluate("window.isTheSamePage")
    page.context.close()


def test_a_yes_by_keyboard_is_taken_and_taken_back(browser: Browser, desk: Desk, address: str) -> None:
    action = desk.propose(1, 290_00)
    page = opened(browser, f"{address}leak?id={action.leak_id}")
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stAlert").get_by_text("Brightwave Media. Approved.")).to_be_visible()
    expect(page.get_by_test_id("stToast").get_by_text("Brightwave Media. Approved.")).to_be_visible()
    assert desk.now(action).status == "approved"
    page.get_by_role("button", name="Take back").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stAlert").get_by_text("It waits for a decision again.")).to_be_visible()
    assert desk.now(action).status == "drafted"
    page.context.close()


def test_words_that_are_being_typed_outlive_a_decision_elsewhere(browser: Browser, desk: Desk, address: str) -> None:
    """The page is drawn anew while somebody fills in why not."""
    action, other = desk.propose(2, 345_00), desk.propose(5, 41_250, "kwd")
    page = opened(browser, f"{address}approvals")
    asked = page.locator(f".st-key-ask-{action.action_id}")
    asked.get_by_role("button", name="Deny").click()
    words = asked.get_by_role("textbox", name=re.compile("In your words"))
    words.fill("They pay by cheque.")
    desk.elsewhere("deny", other, reason="handled_elsewhere")
    expect(page.get_by_text("Denied: handled elsewhere.")).to_be_visible()
    expect(words).to_have_value("They pay by cheque.")
    asked.get_by_role("button", name="Deny it").click()
    expect(page.get_by_text("Denied: not a leak.")).to_be_visible()
    assert desk.now(action).status == "denied"
    page.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light")])
@pytest.mark.parametrize("at", [pages.APPROVALS, pages.LEAK, pages.DECISIONS])
def test_pages_of_decisions_are_readable_and_fit(
    browser: Browser, desk: Desk, address: str, at: str, width: int, scheme: str
) -> None:
    action = desk.propose(next(_numbers), 310_00)
    path = Path(at).stem + (f"?id={action.leak_id}" if at == pages.LEAK else "")
    page = opened(browser, f"{address}{path}", width, scheme)
    ready = page.get_by_role("button", name="Check every record" if at == pages.DECISIONS else "Approve").first
    expect(ready).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    assert page.evaluate(FAINT) == []
    assert page.evaluate(NAMELESS) == []
    page.wait_for_function(f"() => document.documentElement.scrollWidth <= {width}")
    page.context.close()
