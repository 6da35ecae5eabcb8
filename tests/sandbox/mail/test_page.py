"""The inbox in a real browser: mails appear by themselves, each in every form, and nothing in one can act."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.mail import Running
from sandbox.serving import listen
from tests.sandbox.mail.conftest import Open, send, written
from tests.sandbox.slack.test_page import NAMELESS
from tests.streamlit_app.browser import chromium
from tests.streamlit_app.test_accessibility import FAINT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LETTER = """<html><head><style>p { color: rgb(1, 2, 3) }</style></head><body>
<p>Your payment of <b>$1,240.00</b> did not go through.</p>
<p><a href="http://127.0.0.1:9/update">Update your card</a></p></body></html>"""
HOSTILE = """<body onload="parent.document.title='taken'"><script>parent.document.title='taken'</script>
<img src="http://127.0.0.1:{port}/spy.png" onerror="parent.document.title='taken'"><form action="http://127.0.0.1:{port}/"></form>
<p>Nothing happened</p></body>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, mail: Running) -> Iterator[Page]:
    """The page as somebody opens it; an error in it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(mail.url)
    yield page
    context.close()
    assert errors == []


def test_mails_appear_by_themselves_newest_first(page: Page, mail: Running) -> None:
    expect(page.get_by_text("No mails yet.")).to_be_visible()
    send(mail, written("First", html=LETTER))
    expect(page.get_by_role("heading", name="First")).to_be_visible()
    send(mail, written("Second"))
    expect(page.locator("#list .subject")).to_have_text(["Second", "First"])
    expect(page.get_by_role("heading", name="First")).to_be_visible()
    page.get_by_role("button", name=re.compile("Second")).click()
    expect(page.get_by_role("heading", name="Second")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_text(["Text", "Headers", "Source"])


def test_a_mail_is_read_in_every_form_by_keyboard(page: Page, mail: Running) -> None:
    send(mail, written("Your payment", "In plain words\n", html=LETTER))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("$1,240.00")).to_be_visible()
    expect(frame.get_by_text("did not go through")).to_have_css("color", "rgb(1, 2, 3)")
    page.get_by_role("tab", name="HTML").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("In plain words")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("row", name=re.compile("Message-ID"))).to_contain_text("<1@lantern.example>")
    page.keyboard.press("ArrowRight")
    expect(page.locator("pre")).to_contain_text("MIME-Version: 1.0")
    expect(page.get_by_role("tab", name="Source")).to_be_focused()


def test_a_link_in_a_mail_opens_beside_the_page(page: Page, mail: Running) -> None:
    send(mail, written(html=LETTER))
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Update your card").click()
    opened.value.close()
    assert page.url.startswith(mail.url)


def test_what_a_mail_holds_can_neither_act_nor_fetch(page: Page, mail: Running) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    with listen(0) as spy:
        spy.listen()
        spy.setblocking(False)
        html = HOSTILE.format(port=spy.getsockname()[1])
        send(mail, written("<img src=x onerror=alert(1)>", "<script>alert(1)</script>\n", html=html))
        expect(page.frame_locator("iframe").get_by_text("Nothing happened")).to_be_visible()
        page.frames[1].wait_for_load_state("load")
        with pytest.raises(BlockingIOError):
            spy.accept()
    expect(page.get_by_role("heading", name="<img src=x")).to_be_visible()
    assert page.title() == "Mail sandbox"
    assert any("sandboxed" in text or "Content Security Policy" in text for text in refused)
    page.get_by_role("tab", name="Text").click()
    expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible()
    assert page.locator("main script, main img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_every_text_stands_out_every_control_has_a_name_and_nothing_is_cut_off(
    browser: Browser, open_mail: Open, scheme: str, width: int
) -> None:
    mail = open_mail(tls="none", username=None)
    send(mail, written("First", html=LETTER))
    send(mail, written("A long subject that goes on and on and does not end where the column does " * 2, html=LETTER))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(mail.url)
    for form in ("HTML", "Text", "Headers", "Source"):
        page.get_by_role("tab", name=form).click()
        expect(page.get_by_role("tab", name=form)).to_have_attribute("aria-selected", "true")
        assert page.evaluate(FAINT.replace("[data-testid=stMain] *", "body *")) == []
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
