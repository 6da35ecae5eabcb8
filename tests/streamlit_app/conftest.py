"""Pages run for real against a published file in a temporary home."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from streamlit_app import pages
from tests.streamlit_app.published_account import Account

APP = Path(__file__).parents[2] / "streamlit_app" / "app.py"

Show = Callable[..., AppTest]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty LEAKS_HOME; no .env of the developer is read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAKS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def show(home: Path) -> Iterator[Show]:
    """Publishes an account, opens a page of it at an address (`currency=["EUR"]`) and returns it."""

    def run(account: Account | None = None, at: str = pages.OVERVIEW, **address: str | list[str]) -> AppTest:
        if account is not None:
            account.publish(home)
        page = AppTest.from_file(str(APP), default_timeout=30)
        page.switch_page(at)
        for name, value in address.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception, page.exception
        return page

    return run


def html(page: AppTest) -> str:
    """Everything that the page writes by itself as HTML, without the style sheet."""
    return "\n".join(e.proto.body for e in page.get("html") if "leaks-" in e.proto.body and "{" not in e.proto.body)


def links(page: AppTest, to: str = "") -> dict[str, str]:
    """The links to other pages: what they say, without markup, and the address they lead to."""
    found = {}
    for element in page.get("page_link"):
        text = re.sub(r":gray\[((?:\\.|[^\]])*)\]", r"\1", element.proto.label).replace("**", "")
        if element.proto.page.startswith(to):
            found[re.sub(r"\\(.)", r"\1", text)] = f"{element.proto.page}?{element.proto.query_string}"
    return found
