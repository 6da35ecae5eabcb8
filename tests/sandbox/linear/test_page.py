"""The page in a real browser: people read tasks, comment, move and throw away, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.linear import Running
from tests.sandbox.linear.conftest import open_issue
from tests.sandbox.slack.test_page import NAMELESS
from tests.streamlit_app.browser import chromium
from tests.streamlit_app.test_accessibility import FAINT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

HOSTILE = '<img src=x onerror="document.title=1"> [a](javascript:alert(1)) [site](https://example.com/a) \\*as is\\*'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, linear: Running) -> Iterator[Page]:
    """The page as somebody opens it; an error in it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(linear.url)
    yield page
    context.close()
    assert errors == []


def test_issues_appear_by_themselves_and_a_person_comments_by_keyboard(page: Page, linear: Running) -> None:
    expect(page.get_by_text("No issues yet.")).to_be_visible()
    open_issue(linear, description="The card was declined **twice**: `expired_card`.", priority=1)
    expect(page.get_by_role("heading", name="REV-1 Northwind owes")).to_be_visible()
    expect(page.locator("strong", has_text="twice")).to_be_visible()
    expect(page.locator("code", has_text="expired_card")).to_be_visible()
    expect(page.get_by_text("Urgent")).to_be_visible()
    page.get_by_label("You are").select_option("Ben Okafor")
    page.get_by_label("Comment on REV-1").fill("I called them.")
    # Another change draws the page anew; what is being written stays.
    linear.workspace.say("cleo", "REV-1", "And I wrote.")
    expect(page.get_by_text("And I wrote.")).to_be_visible()
    expect(page.get_by_label("Comment on REV-1")).to_have_value("I called them.")
    expect(page.get_by_label("Comment on REV-1")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Comments").get_by_text("I called them.")).to_be_visible()
    said = linear.workspace.issue("REV-1").comments[-1]
    assert said.user is not None
    assert (said.user.name, said.body) == ("Ben Okafor", "I called them.")


def test_an_issue_is_moved_and_thrown_away(page: Page, linear: Running) -> None:
    for _ in range(2):
        open_issue(linear)
    page.get_by_label("State of REV-1").select_option("Done")
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_label("Show").select_option("All issues")
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_role("button", name="Delete").first.click()
    expect(page.get_by_text("In the trash")).to_be_visible()
    assert linear.workspace.issue("REV-1").state.name == "Done"
    assert linear.workspace.issue("REV-2").is_trashed


def test_the_address_of_an_issue_leads_to_it_also_when_it_is_done(page: Page, linear: Running) -> None:
    for _ in range(2):
        open_issue(linear)
    linear.workspace.move("REV-1", "Done")
    page.goto(f"{linear.url}/issue/REV-1")
    expect(page.locator(".here")).to_contain_text("REV-1")


def test_trouble_stands_below_the_issue(page: Page, linear: Running) -> None:
    open_issue(linear)
    page.get_by_label("You are").select_option("Cleo Marsh")
    page.get_by_label("Comment on REV-1").fill("Hello")
    linear.workspace.users.pop()
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_role("alert")).to_contain_text("Entity not found: User")
    expect(page.get_by_label("Comment on REV-1")).to_have_value("Hello")


def test_what_was_written_is_never_markup_of_the_page(page: Page, linear: Running) -> None:
    open_issue(linear, title=HOSTILE, description=HOSTILE)
    expect(page.get_by_role("link", name="site")).to_have_attribute("href", "https://example.com/a")
    expect(page.locator(".words")).to_contain_text("*as is*")
    assert page.locator("main img").count() == 0
    assert page.locator("main a[href^='javascript']").count() == 0
    assert page.title() == "Linear sandbox"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_every_text_stands_out_every_control_has_a_name_and_nothing_is_cut_off(
    browser: Browser, linear: Running, scheme: str, width: int
) -> None:
    open_issue(linear, description="x" * 300 + " https://example.com/" + "y" * 300)
    linear.workspace.add_label("A label")
    linear.workspace.issue("REV-1").labels = linear.workspace.labels
    linear.workspace.say("ada", "REV-1", "words")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(linear.url)
    expect(page.get_by_role("article")).to_have_count(1)
    assert page.evaluate(FAINT.replace("[data-testid=stMain] *", "body *")) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("comment", {"user": "nobody", "issue": "REV-1", "body": "x"}),
        ("comment", {"user": "ada"}),
        ("move", {"issue": "REV-1", "state": "Nowhere"}),
        ("trash", {"issue": "REV-9"}),
        ("trash", []),
    ],
)
def test_what_cannot_be_done_says_why(linear: Running, what: str, body: object) -> None:
    open_issue(linear)
    answer = httpx.post(f"{linear.url}/_sandbox/{what}", json=body)
    assert answer.status_code == 400
    assert answer.json()["trouble"]
