"""Pages run for real against a published file in a temporary home."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

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
    """Publishes an account, opens the page at an address (`currency=["EUR"]`) and returns it."""

    def run(account: Account | None = None, **address: str | list[str]) -> AppTest:
        if account is not None:
            account.publish(home)
        page = AppTest.from_file(str(APP), default_timeout=30)
        for name, value in address.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception, page.exception
        return page

    return run


def html(page: AppTest) -> str:
    """Everything that the page writes by itself as HTML, without the style sheet."""
    return "\n".join(e.proto.body for e in page.get("html") if "leaks-" in e.proto.body and "{" not in e.proto.body)
