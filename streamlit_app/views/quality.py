"""What the figures rest on: how fresh, what was read, how it was checked, what people say of it, what was set aside."""

from datetime import datetime

import streamlit as st

from revops.warehouse import Published
from streamlit_app.data import Row
from streamlit_app.markup import note
from streamlit_app.parts import backstops, checks, coverage, headline, page, precision, unsent, usage


def _draw(published: Published, integration: Row, now: datetime) -> None:
    st.title("Data quality", anchor=False)
    st.html(note(headline.freshness(published, integration, now)))
    unsent.show(now)
    checks.show(published)
    backstops.show(published, integration)
    coverage.resources(published, integration)
    precision.show(published)
    usage.show(published)
    coverage.quarantine(published)


page.show(_draw)
