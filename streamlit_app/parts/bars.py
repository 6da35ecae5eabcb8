"""Alerts by what people group them by: each bar is a link to the findings it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from revops.warehouse import Published
from streamlit_app import money, pages, tenants
from streamlit_app.data import Row, overview
from streamlit_app.filters import AGE_LABELS, Filters
from streamlit_app.format import count
from streamlit_app.markup import escape_markdown, heading

LONGEST = 8


@dataclass(frozen=True)
class Bar:
    """One line: its words, its amount as text and as a share of the longest, and what a click asks for."""

    label: str
    amount: str
    note: str
    share: float
    filters: Filters


def show(published: Published) -> None:
    """By age, leak type, plan, country and customer; a grouping with one group only says nothing and is left out."""
    groups = [
        ("By age", "age", _bars(overview.by(published, "age"), "ages", AGE_LABELS)),
        ("By leak type", "type", _bars(overview.by(published, "leak_title"), "leak_types")),
        ("By plan", "plan", _bars(overview.by(published, "plan"), "plans")),
        ("By country", "country", _bars(overview.by(published, "country"), "countries")),
    ]
    groups = [(title, key, bars) for title, key, bars in groups if len(bars) > 1]
    customers = _customers(overview.top_customers(published, LONGEST))
    if customers:
        groups.append(("Customers with most to recover", "customer", customers))
    if groups:
        st.html(heading("What it is made of"))
    for first in range(0, len(groups), 2):
        pair = groups[first : first + 2]
        for column, (title, key, bars) in zip(st.columns(2, gap="medium"), pair, strict=False):
            with column:
                _list(title, key, bars)


def _bars(rows: list[Row], field: str, order: Sequence[str] = ()) -> list[Bar]:
    """In the given order, else largest first; what does not fit is the findings page's."""
    if order:
        rows = sorted(rows, key=lambda row: order.index(row["label"]))
    longest = max((row["amount_minor"] for row in rows), default=0)
    chosen: Any
    bars = []
    for row in rows[:LONGEST]:
        chosen = {field: (row["label"],)}
        bars.append(_bar(row, longest, Filters(**chosen)))
    return bars


def _customers(rows: list[Row]) -> list[Bar]:
    longest = max((row["amount_minor"] for row in rows), default=0)
    return [_bar(row, longest, Filters(search=row["customer_id"])) for row in rows]


def _bar(row: Row, longest: int, filters: Filters) -> Bar:
    return Bar(
        label=str(row["label"]),
        amount=money.text(row["amount_minor"], row["currency"]),
        note=count(row["alerts"], "alert"),
        share=row["amount_minor"] / longest if longest else 0.0,
        filters=filters,
    )


def _list(title: str, key: str, bars: Sequence[Bar]) -> None:
    """Links carry label, amount and count as their text; the bar is painted behind them."""
    st.html(heading(title, 3))
    with st.container(key=f"bars-{key}", gap=None):
        for bar in bars:
            label, note, amount = (escape_markdown(text) for text in (bar.label, bar.note, bar.amount))
            st.page_link(
                pages.FINDINGS,
                label=f"{label} :gray[{note}] **{amount}**",
                query_params=tenants.address(bar.filters.address()),
                width="stretch",
            )
    shares = "".join(
        f".st-key-bars-{key} > :nth-child({place}) {{--leaks-share:{bar.share:.4f}}}"
        for place, bar in enumerate(bars, start=1)
    )
    st.html(f"<style>{shares}</style>")
