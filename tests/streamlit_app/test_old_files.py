"""A file that an older version published lacks the newer tables; every page copes."""

import pytest

from streamlit_app import pages
from tests.streamlit_app.conftest import Show, html
from tests.streamlit_app.published_account import typical


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (pages.OVERVIEW, "$15,239.62"),
        (pages.FINDINGS, "9 alerts:"),
        (pages.FINDING, "Brightwave Media"),
        (pages.QUALITY, "No result of a check is published yet"),
    ],
)
def test_every_page_is_whole_without_the_newer_tables(show: Show, at: str, said: str) -> None:
    address = {"id": "f0001"} if at == pages.FINDING else {}
    page = show(typical(is_old_version=True), at=at, **address)
    assert said in html(page)
    assert not page.error
