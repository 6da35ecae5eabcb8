"""The findings that pass the filters, a page at a time, and as files."""

from datetime import datetime

import streamlit as st

from revops.warehouse import Published
from streamlit_app import money
from streamlit_app.data import Row
from streamlit_app.data import findings as data
from streamlit_app.format import count
from streamlit_app.pages import PAGE
from streamlit_app.parts import download, filter_bar, finding_list, page

PAGE_SIZE = 25


def _draw(published: Published, _integration: Row, _now: datetime) -> None:
    st.title("Findings", anchor=False)
    options = data.options(published)
    filters = filter_bar.read(options)
    filter_bar.show(filters, options)
    sums = data.matching(published, filters)
    total = sum(row["alerts"] + row["reviews"] for row in sums)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(f'<p class="leaks-note" role="status">{_summary(sums)}</p>', width="content")
        if total:
            download.show(published, filters)
    if not total:
        st.info("No finding passes these filters.")
        st.button("Clear filters", on_click=filter_bar.clear)
        return
    number, last = _page_number(total)
    finding_list.show(data.findings(published, filters, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE), filters)
    if last > 1:
        st.session_state[PAGE] = number
        st.pagination(last, key=PAGE, on_change=_turned)


def _page_number(total: int) -> tuple[int, int]:
    """Which page the address asks for, and how many there are; what is no page is the nearest one."""
    last = -(-total // PAGE_SIZE)
    asked = st.query_params.get(PAGE, "1")
    return min(max(int(asked), 1), last) if asked.isdecimal() else 1, last


def _turned() -> None:
    st.query_params[PAGE] = str(st.session_state[PAGE])


def _summary(sums: list[Row]) -> str:
    """Sums of what passes the filters, per currency; alerts and reviews are two sums."""
    parts = []
    for kind, number, amount in (("alert", "alerts", "alert_minor"), ("review", "reviews", "review_minor")):
        found = sum(row[number] for row in sums)
        if found:
            amounts = ", ".join(money.text(row[amount], row["currency"]) for row in sums if row[number])
            parts.append(f"{count(found, kind)}: {amounts}")
    return " &nbsp;·&nbsp; ".join(parts) or "0 findings"


page.show(_draw)
