"""First page: what can be recovered now, how that came about, and what it is made of."""

from datetime import datetime

import streamlit as st

from revops.warehouse import Published
from streamlit_app import pages, tenants
from streamlit_app.data import Row, overview
from streamlit_app.format import count
from streamlit_app.parts import bars, decided, headline, notices, page, trend


def _draw(published: Published, integration: Row, now: datetime) -> None:
    headline.heading(published, integration, now)
    totals = overview.totals(published)
    if not totals:
        headline.nothing_found(published)
        decided.show(published, now)
        notices.show(published, integration, now)
        return
    total = overview.reporting_total(published)
    headline.figures(total, totals)
    found = sum(row["alerts"] for row in totals)
    st.page_link(
        pages.FINDINGS,
        label=f"Show {count(found, 'alert')}" if found else "Show the reviews",
        query_params=tenants.address({} if found else {"show": "Reviews"}),
        icon=":material/list:",
    )
    decided.show(published, now)
    notices.show(published, integration, now)
    trend.show(published, total["currency"])
    bars.show(published)


page.show(_draw)
