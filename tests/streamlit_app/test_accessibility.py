"""What a page must be for everyone: readable contrast in both themes, names on all controls, headings in order."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.streamlit_app.browser import chromium, served
from tests.streamlit_app.published_account import AS_OF, typical

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PATHS = ["", "findings?show=Both", "finding?id=f0001", "quality"]

# Texts whose contrast with what lies behind is under 4.5 (3 for large ones), after opacity (WCAG 2.2, 1.4.3).
FAINT = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = text => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    const layers = [];
    for (; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const found = [];
  for (const e of document.querySelectorAll('[data-testid=stMain] *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const isPicture = e.closest('style, svg, canvas, [disabled], [aria-hidden=true], [data-testid*=Icon]');
    if (!own || isPicture || !e.checkVisibility()) continue;
    let opacity = 1;
    for (let a = e; a; a = a.parentElement) opacity *= +getComputedStyle(a).opacity;
    const style = getComputedStyle(e), below = behind(e), ink = rgba(style.color);
    const [a, b] = [light(over([...ink.slice(0, 3), ink[3] * opacity], below)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.7 && +style.fontWeight >= 600);
    if (ratio < (isLarge ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${e.textContent.trim().slice(0, 40)}`);
  }
  return found;
}"""

NAMELESS = """() => [...document.querySelectorAll('[data-testid=stMain] :is(a, button, input)')]
  .filter(e => e.checkVisibility() && e.type !== 'hidden')
  .filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.getAttribute('aria-labelledby')))
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("dashboard") / "home"
    account = typical(mode="test")
    account.put("quality_results", checked_at=AS_OF, expectation="expect_x", severity="critical", is_passed=False)
    account.put("customer_activity", customer_id="cus_0001", has_match=True, is_judged=True)
    account.publish(home)
    with served(home) as address:
        yield address


def _open(browser: Browser, address: str, scheme: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 1000}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_every_text_stands_out_and_every_control_has_a_name(
    browser: Browser, address: str, path: str, scheme: str
) -> None:
    page = _open(browser, f"{address}{path}", scheme)
    assert page.evaluate(FAINT) == []
    assert page.evaluate(NAMELESS) == []
    levels = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain] :is(h1,h2,h3)')].map(e => +e.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    page.context.close()
