"""The page in a real browser: what people see is what was posted, and every button works by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.slack import Running
from tests.sandbox.slack.conftest import BUTTONS, MODAL, Listener, Open, client_of
from tests.streamlit_app.browser import chromium
from tests.streamlit_app.test_accessibility import FAINT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ADA, BEN = "U0ADA00001", "U0BEN00002"
HOSTILE = '<img src=x onerror="document.title=1"> &lt;b&gt; <javascript:alert(1)|press> <https://example.com|site>'
NAMELESS = """() => [...document.querySelectorAll('a, button, input, select, textarea')]
  .filter(e => e.checkVisibility() && !(e.textContent.trim() || e.ariaLabel || e.labels?.length))
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, slack: Running) -> Iterator[Page]:
    """The page as somebody opens it; an error in it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(slack.url)
    yield page
    context.close()
    assert errors == []


def post(slack: Running, text: str = "*Northwind* owes") -> tuple[str, str]:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    posted = client_of(slack).chat_postMessage(channel="#revenue", text="x", blocks=[section, *BUTTONS[1:]])
    return posted["channel"], posted["ts"]


def test_messages_appear_by_themselves_change_and_hang_in_threads(page: Page, slack: Running) -> None:
    expect(page.get_by_text("No messages yet.")).to_be_visible()
    channel, ts = post(slack)
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.locator("strong", has_text="Northwind")).to_be_visible()
    client_of(slack).chat_postMessage(channel=channel, thread_ts=ts, text="in its thread")
    expect(page.get_by_text("1 reply")).to_be_visible()
    client_of(slack).chat_update(channel=channel, ts=ts, text="Approved by Ada")
    expect(page.get_by_text("(edited)")).to_be_visible()
    page.get_by_role("link", name=re.compile("finance")).click()
    expect(page.get_by_text("No messages yet.")).to_be_visible()


def test_a_button_is_pressed_by_keyboard_in_the_name_of_whoever_was_chosen(
    page: Page, slack: Running, app: Listener
) -> None:
    post(slack)
    page.get_by_label("You are").select_option("Ben Okafor")
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()
    assert (app.payload()["user"]["id"], app.payload()["actions"][0]["value"]) == (BEN, "act_1")
    assert app.is_signed(slack.workspace.signing_secret)


def test_trouble_stands_beside_the_button(page: Page, slack: Running, app: Listener) -> None:
    app.answers = [(500, None)]
    post(slack)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("status code 500")


def test_what_one_person_is_told_another_does_not_see(page: Page, slack: Running) -> None:
    channel, _ = post(slack)
    client_of(slack).chat_postEphemeral(channel=channel, user=BEN, text="You may not.")
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_label("You are").select_option("Ben Okafor")
    expect(page.get_by_text("Only visible to you")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("You may not.")).to_have_count(0)


def test_a_form_shows_what_is_wrong_and_is_sent_with_what_was_typed(page: Page, slack: Running, app: Listener) -> None:
    post(slack)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()
    options = [{"text": {"type": "plain_text", "text": text}, "value": text} for text in ("Paid", "Wrong")]
    why = {
        "type": "input",
        "block_id": "why",
        "label": {"type": "plain_text", "text": "Why?"},
        "element": {"type": "radio_buttons", "action_id": "value", "options": options},
    }
    view = {**MODAL, "blocks": [why, *MODAL["blocks"]]}
    client_of(slack).views_open(trigger_id=app.payload()["trigger_id"], view=view)
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="Deny").click()
    expect(form.get_by_text("Please complete this required field.")).to_have_count(2)
    form.get_by_label("Wrong").check()
    form.get_by_label("Reason").fill("twice billed")
    app.answers = [(200, {"response_action": "errors", "errors": {"reason": "Say which invoice."}}), (200, {})]
    form.get_by_role("button", name="Deny").click()
    expect(form.get_by_text("Say which invoice.")).to_be_visible()
    expect(form.get_by_label("Reason")).to_have_value("twice billed")
    form.get_by_role("button", name="Deny").click()
    expect(form).to_have_count(0)
    values = app.payload()["view"]["state"]["values"]
    assert values["reason"]["text"]["value"] == "twice billed"
    assert values["why"]["value"]["selected_option"]["value"] == "Wrong"


def test_escape_closes_a_form_and_nothing_is_sent(page: Page, slack: Running, app: Listener) -> None:
    post(slack)
    trigger = slack.workspace.new_trigger(ADA)
    client_of(slack).views_open(trigger_id=trigger, view=MODAL)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert app.bodies == []


def test_what_was_written_is_never_markup_of_the_page(page: Page, slack: Running) -> None:
    post(slack, HOSTILE)
    expect(page.get_by_text("<b>")).to_be_visible()
    expect(page.get_by_role("link", name="site")).to_have_attribute("href", "https://example.com")
    assert page.locator("main img").count() == 0
    assert page.locator("main a[href^='javascript']").count() == 0
    assert page.title() == "Slack sandbox"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_every_text_stands_out_every_control_has_a_name_and_nothing_is_cut_off(
    browser: Browser, open_slack: Open, app: Listener, scheme: str, width: int
) -> None:
    slack = open_slack(request_url=app.url)
    channel, ts = post(slack)
    client_of(slack).chat_postMessage(channel=channel, thread_ts=ts, text="reply", blocks=BUTTONS)
    client_of(slack).chat_postEphemeral(channel=channel, user=ADA, text="only you")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(slack.url)
    expect(page.get_by_role("article")).to_have_count(3)
    assert page.evaluate(FAINT.replace("[data-testid=stMain] *", "body *")) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
