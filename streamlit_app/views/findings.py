"""The findings, filtered and paged; filters, page and the opened finding live in the address, so that a link
shows another person the same."""

from collections.abc import Callable
from hashlib import sha256

import pandas as pd
import streamlit as st

from revops.settings import load_settings
from revops.warehouse import Published
from streamlit_app import data, money
from streamlit_app.export import findings_csv
from streamlit_app.filters import AGE_LABELS, ALERTS, BOTH, PRIORITY, SHOWN, SORTS, Filters
from streamlit_app.format import count, percent

PAGE_SIZE = 25
OPENED = "finding"

_FILTERS = ("type", "currency", "age", "plan", "country")


def show(published: Published, show_finding: Callable[[str], None]) -> None:
    """Draw filters, sums and one page of findings; `show_finding` draws the one that is open, by its id."""
    st.subheader("Findings", anchor=False)
    filters = _ask(data.options(published))
    sums = data.matching(published, filters)
    rows = sum(row["alerts"] + row["reviews"] for row in sums)
    st.html(f'<p class="leaks-note" role="status">{_summary(sums)}</p>')
    if not rows:
        st.info("No finding passes these filters.")
        st.button("Clear filters", on_click=_clear)
    else:
        opened = st.query_params.get(OPENED)
        if not opened:
            _page(published, filters, rows)
            return
        # The finding comes first, so that it is on top where the screen has room for one column only; the
        # style sheet turns the two around where it has room for both.
        with st.container(key="opened"):
            detail, list_ = st.columns([5, 6], gap="large")
            with detail:
                st.button("Close", on_click=_close, type="tertiary", icon=":material/close:")
                show_finding(opened)
            with list_:
                _page(published, filters, rows)


def _ask(options: dict[str, list[str]]) -> Filters:
    """Every widget is bound to the address under its key."""
    top = st.columns([3, 6, 3], vertical_alignment="bottom")
    with top[0]:
        shown = st.segmented_control(
            "Show", SHOWN, default=ALERTS, required=True, key="show", bind="query-params", on_change=_restart
        )
    with top[1]:
        search = st.text_input(
            "Customer or invoice",
            key="q",
            bind="query-params",
            type="search",
            placeholder="Name, e-mail, invoice number or id",
            on_change=_restart,
        )
    with top[2]:
        sort = st.selectbox("Order", list(SORTS), key="sort", bind="query-params", on_change=_restart)
    chosen = {}
    labels = ("Leak type", "Currency", "Age", "Plan", "Country")
    offered = (
        options["leak_types"],
        options["currencies"],
        list(AGE_LABELS),
        options["plans"],
        options["countries"],
    )
    with st.container(key="filters"):
        columns = st.columns(5)
    for column, key, label, values in zip(columns, _FILTERS, labels, offered, strict=True):
        with column:
            chosen[key] = tuple(
                st.multiselect(label, values, key=key, bind="query-params", placeholder="All", on_change=_restart)
            )
    return Filters(
        shown=shown or ALERTS,
        leak_types=chosen["type"],
        currencies=chosen["currency"],
        ages=chosen["age"],
        plans=chosen["plan"],
        countries=chosen["country"],
        search=search or "",
        sort=sort or PRIORITY,
    )


def _page(published: Published, filters: Filters, total: int) -> None:
    pages = -(-total // PAGE_SIZE)
    table, footer = st.container(), st.container(horizontal=True, vertical_alignment="center")
    with footer:
        page = 1
        if pages > 1:
            page = st.pagination(pages, key="page", bind="query-params", on_change=_close)
        st.download_button(
            "Download as CSV",
            lambda: _export(filters),
            file_name=f"findings-{published.as_of:%Y-%m-%d}.csv",
            mime="text/csv",
            on_click="ignore",
            help="Every finding that passes the filters, on all pages",
        )
    rows = data.findings(published, filters, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    with table:
        _table(rows, with_kind=filters.shown == BOTH)


def _export(filters: Filters) -> bytes:
    """Made when the button is pressed, long after the page closed its file: opens the newest again."""
    with Published.open(load_settings().leaks_home) as published:
        return findings_csv(data.findings(published, filters)).encode()


def _table(rows: list[data.Row], *, with_kind: bool) -> None:
    ids = [row["finding_id"] for row in rows]
    opened = st.query_params.get(OPENED)
    # The key names the rows and the opened one: a selection never survives on rows that moved beneath it.
    key = "findings-" + sha256("|".join([*ids, opened or ""]).encode()).hexdigest()[:12]
    frame = pd.DataFrame(
        {
            "Customer": [row["customer_name"] for row in rows],
            "Amount": [money.text(row["amount_minor"], row["currency"]) for row in rows],
            "Leak type": [row["leak_title"] for row in rows],
            "Status": ["Alert" if row["is_alert"] else "Review" for row in rows],
            "Age": [count(row["age_days"], "day") for row in rows],
            "Chance of recovery": [percent(row["recovery_probability"]) for row in rows],
            "Plan": [row["plan"] for row in rows],
            "Country": [row["country"] for row in rows],
            "Object": [row["object_name"] for row in rows],
        }
    )
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        frame if with_kind else frame.drop(columns="Status"),
        hide_index=True,
        height="content",
        key=key,
        on_select=lambda: _open(key, ids),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(opened)] if opened in ids else []}},
        column_config={"Amount": right, "Age": right, "Chance of recovery": right},
        alt="Findings that pass the filters, one page; select a row to see its evidence",
    )
    if not opened:
        st.caption("Select a row to see the evidence.")


def _open(key: str, ids: list[str]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        st.query_params[OPENED] = ids[rows[0]]
    else:
        _close()


def _close() -> None:
    st.query_params.pop(OPENED, None)


def _restart() -> None:
    """Other filters are another list: back to its first page, no finding open."""
    st.session_state["page"] = 1
    _close()


def _clear() -> None:
    for key in _FILTERS:
        st.session_state[key] = []
    st.session_state["q"] = ""
    st.session_state["show"] = BOTH
    _restart()


def _summary(sums: list[data.Row]) -> str:
    """Sums of what passes the filters, per currency; alerts and reviews are two sums."""
    parts = []
    for kind, number, amount in (("alert", "alerts", "alert_minor"), ("review", "reviews", "review_minor")):
        found = sum(row[number] for row in sums)
        if found:
            amounts = ", ".join(money.text(row[amount], row["currency"]) for row in sums if row[number])
            parts.append(f"{count(found, kind)}: {amounts}")
    return " &nbsp;·&nbsp; ".join(parts) or "0 findings"
