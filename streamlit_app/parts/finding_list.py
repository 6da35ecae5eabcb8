"""One page of findings: each is one link to its own page, in columns where there is room, stacked where not."""

from collections.abc import Iterable

import streamlit as st

from streamlit_app import money, pages, tenants
from streamlit_app.data import Row
from streamlit_app.filters import Filters
from streamlit_app.format import count, percent
from streamlit_app.markup import escape_markdown

_HEAD = ("Customer", "Amount", "Leak type", "Age", "Recovery", "Plan and country")


def show(rows: Iterable[Row], filters: Filters) -> None:
    """A list of links; the way back from a finding keeps the filters."""
    head = "".join(f"<span>{text}</span>" for text in _HEAD)
    with st.container(key="findings", gap=None):
        st.html(f'<div class="leaks-list-head" aria-hidden="true">{head}</div>')
        for row in rows:
            st.page_link(
                pages.FINDING,
                label=_label(row),
                query_params=tenants.address({pages.FINDING_ID: row["finding_id"], **filters.address()}),
                width="stretch",
            )


def _label(row: Row) -> str:
    """Markdown whose pieces the style sheet puts in columns: text, bold, and one grey span for each of the rest."""
    kind = row["leak_title"] if row["is_alert"] else f"Review: {row['leak_title']}"
    rest = (
        f"{kind}, {row['object_name']}",
        count(row["age_days"], "day"),
        f"{percent(row['recovery_probability'])} chance",
        f"{row['plan']}, {row['country']}",
    )
    spans = " ".join(f":gray[{escape_markdown(text)}]" for text in rest)
    who = escape_markdown(str(row["customer_name"] or "Unknown customer"))
    return f"{who} **{escape_markdown(money.text(row['amount_minor'], row['currency']))}** {spans}"
