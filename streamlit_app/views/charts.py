"""Alerts by leak type and by age, in the reporting currency."""

import altair as alt
import pandas as pd
import streamlit as st

from revops.warehouse import Published
from streamlit_app import data, money
from streamlit_app.filters import AGE_LABELS
from streamlit_app.format import count
from streamlit_app.markup import escape


def show(published: Published) -> None:
    """Two bar charts side by side; without any amount in the reporting currency nothing."""
    by_type, by_age = data.by(published, "leak_title"), data.by(published, "age")
    if not by_type:
        return
    currency = by_type[0]["currency"].upper()
    left, right = st.columns(2, gap="large")
    with left:
        _bars(f"Alerts by leak type, {currency}", by_type, [row["label"] for row in by_type])
    with right:
        _bars(f"Alerts by age, {currency}", by_age, list(AGE_LABELS))


def _bars(title: str, rows: list[data.Row], order: list[str]) -> None:
    """Lengths are the integers of minor units; the exact amount stands beside each bar as text."""
    present = {row["label"] for row in rows}
    values = [
        {
            "label": row["label"],
            "amount_minor": row["amount_minor"],
            "amount": money.text(row["amount_minor"], row["currency"]),
            "alerts": count(row["alerts"], "alert"),
        }
        for row in rows
    ]
    values += [
        {"label": label, "amount_minor": 0, "amount": "–", "alerts": "no alert"}
        for label in order
        if label not in present
    ]
    ink = _text_colour()
    longest = max(row["amount_minor"] for row in rows) or 1
    base = alt.Chart(pd.DataFrame(values)).encode(
        y=alt.Y(
            "label:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelLimit=180, ticks=False, domain=False, labelColor=ink, labelFontSize=13),
        ),
        # Room on the right, so that the longest bar's amount is not cut off.
        x=alt.X("amount_minor:Q", axis=None, scale=alt.Scale(domain=[0, longest * 1.45])),
        tooltip=[
            alt.Tooltip("label:N", title="Group"),
            alt.Tooltip("amount:N", title="Can be recovered"),
            alt.Tooltip("alerts:N", title="Alerts"),
        ],
    )
    chart = base.mark_bar(cornerRadiusEnd=3, height={"band": 0.62}) + base.mark_text(
        align="left", dx=6, fontSize=13, color=ink
    ).encode(text="amount:N")
    st.html(f'<p class="leaks-label leaks-spaced">{escape(title)}</p>')
    st.altair_chart(
        chart.properties(height=34 * len(values) + 10, padding={"left": 0, "top": 0, "right": 0, "bottom": 0}),
        width="stretch",
        alt=f"{title}: " + "; ".join(f"{row['label']} {row['amount']}" for row in values),
    )


def _text_colour() -> str:
    """Streamlit gives its theme's text colour to axes but not to marks; these are the two of config.toml."""
    return "#e8edf1" if st.context.theme.type == "dark" else "#16202a"
