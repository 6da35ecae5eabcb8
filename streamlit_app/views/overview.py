"""First page: what can be recovered now, the findings it is made of, and what that rests on."""

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from revops.errors import RevopsError
from revops.settings import load_settings
from revops.warehouse import NothingPublishedError, Published
from streamlit_app import data
from streamlit_app.markup import escape_markdown
from streamlit_app.views import charts, coverage, finding, findings, headline

STYLE = Path(__file__).parent.parent / "style.css"


def show() -> None:
    """Draw the page from one published file; without one, say how to get it."""
    st.html(STYLE)
    try:
        with Published.open(load_settings().leaks_home) as published:
            _draw(published, datetime.now(UTC))
    except NothingPublishedError:
        st.title("Nothing is published yet")
        st.write("Load a Stripe account and look for leaks in it, then reload this page:")
        st.code("leaks run", language=None)
        st.write("`leaks doctor` says which setting is missing, if one is.")
    except RevopsError as error:
        st.title("The published warehouse cannot be read")
        st.error(escape_markdown(str(error)))


def _draw(published: Published, now: datetime) -> None:
    integration = data.integration(published) or {}
    headline.banner(integration)
    headline.heading(published, integration, now)
    totals = data.totals(published)
    if not totals:
        headline.nothing_found(published)
        coverage.notices(published, integration, now)
    else:
        headline.figures(published, totals)
        coverage.notices(published, integration, now)
        charts.show(published)
        findings.show(published, lambda finding_id: finding.show(published, integration, finding_id))
    coverage.details(published, integration)


show()
