"""What a changed definition would withdraw, in a real browser: read on a phone and at night, answered by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from revops.settings import Settings
from revops.store import open_store
from revops.store.leaks import Leaks
from revops.store.policies import Policies
from tests.revops.store.proposed import TENANT, now, person
from tests.streamlit_app.browser import chromium, served
from tests.streamlit_app.changing import GONE, ask
from tests.streamlit_app.deciding import ADA, Desk
from tests.streamlit_app.published_account import typical
from tests.streamlit_app.test_accessibility import FAINT, NAMELESS
from tests.streamlit_app.test_browser_deciding import PHONE, WIDE, opened

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("withdrawing") / "home"
    typical().publish(home)
    settings = Settings(leaks_home=home, database_url=None, leaks_secret_key=None)
    with open_store(settings, upgrade=True) as store:
        person(store, ADA, "admin")
        for minimum in (0, 500_00):
            text = f"unpaid_invoice:\n  minimum_amount_minor: {minimum}\n"
            Policies(store).save(TENANT, text, f"v{minimum}", author="ada", at=now())
        ask(store, settings, home)
        yield Desk(settings, store)


@pytest.fixture(scope="module")
def address(browser: Browser, desk: Desk) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEAKS_WEB_PERSON", ADA)
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("LEAKS_SECRET_KEY", raising=False)
        with served(desk.settings.leaks_home) as address:
            yield address


def everything_open(browser: Browser, url: str, width: int, scheme: str) -> Page:
    page = opened(browser, f"{url}approvals", width, scheme)
    page.get_by_text("What the newest policy").click()
    expect(page.get_by_text("Below minimum (d2aaaaaa)").first).to_be_visible()
    expect(page.get_by_text("minimum_amount_minor: 50000")).to_be_visible()
    return page


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light")])
def test_what_would_be_withdrawn_is_readable_and_fits(browser: Browser, address: str, width: int, scheme: str) -> None:
    page = everything_open(browser, address, width, scheme)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    assert page.evaluate(FAINT) == []
    assert page.evaluate(NAMELESS) == []
    page.wait_for_function(f"() => document.documentElement.scrollWidth <= {width}")
    page.context.close()


def test_the_first_page_leads_there_and_a_yes_by_keyboard_withdraws_them(
    browser: Browser, desk: Desk, address: str
) -> None:
    page = opened(browser, address)
    expect(page.get_by_text("By it 4 leaks (€2,400.00, $1,609.00) would be withdrawn.")).to_be_visible()
    page.get_by_role("link", name="What would be withdrawn, and why").click()
    button = page.get_by_role("button", name="Withdraw 4 leaks")
    expect(button).to_be_visible()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stAlert").get_by_text("4 leaks withdrawn.")).to_be_visible()
    expect(button).to_have_count(0)
    last = Leaks(desk.store).read_last(TENANT, [f"invoice:{one}" for one in GONE])
    assert {one.status for one in last.values()} == {"withdrawn"}
    page.context.close()
