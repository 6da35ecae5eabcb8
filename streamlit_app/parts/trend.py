"""What could be recovered on each of the last 90 days, as a line and in words."""

import altair as alt
import pandas as pd
import streamlit as st

from revops.domain.money import exponent
from revops.warehouse import Published
from streamlit_app import money
from streamlit_app.data import Row, overview
from streamlit_app.format import count, day
from streamlit_app.markup import heading, note

HEIGHT = 210


def show(published: Published, reporting_currency: str) -> None:
    """The line in the reporting currency or a chosen one; nothing where nothing leaked or no history is kept."""
    currencies = overview.daily_currencies(published)
    if not currencies:
        return
    st.html(heading("Recoverable over the last 90 days"))
    total = f"All, in {reporting_currency.upper()}"
    chosen = total
    if currencies != [reporting_currency]:
        names = [total, *(code.upper() for code in currencies)]
        chosen = st.segmented_control(
            "Currency of the line",
            names,
            default=total,
            required=True,
            key="trend",
            bind="query-params",
            label_visibility="collapsed",
        )
    currency = None if chosen in (None, total) else str(chosen).lower()
    rows = overview.daily(published, currency)
    if not rows:
        st.html(note("None of it has an exchange rate; choose a currency."))
        return
    in_words = _sentence(rows, currency or reporting_currency)
    _line(rows, currency or reporting_currency, in_words)
    st.html(note(f"{in_words} {_meaning(is_converted=currency is None and len(currencies) > 1)}"))


def _sentence(rows: list[Row], currency: str) -> str:
    first, last = rows[0], rows[-1]
    return (
        f"{day(last['day'])}: {money.text(last['amount_minor'], currency)} in {count(last['alerts'], 'alert')}; "
        f"{day(first['day'])}: {money.text(first['amount_minor'], currency)} in {count(first['alerts'], 'alert')}."
    )


def _meaning(*, is_converted: bool) -> str:
    text = (
        "Each day shows what could be recovered at its end: today's alerts from the day they could first be seen, and "
        "what leaked then and was settled since. What was settled while Stripe may still have been retrying is in no "
        "day, so earlier days are at least this high."
    )
    return text + (" All days at today's exchange rates." if is_converted else "")


def _line(rows: list[Row], currency: str, in_words: str) -> None:
    """Heights are the integers of minor units; only the axis divides them, for its labels."""
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime([row["day"] for row in rows]),
            "amount_minor": [row["amount_minor"] for row in rows],
            "amount": [money.text(row["amount_minor"], currency) for row in rows],
            "alerts": [f"{row['alerts']:,}" for row in rows],
            "when": [day(row["day"]) for row in rows],
        }
    )
    unit = 10 ** exponent(currency)
    top = max(1, *frame["amount_minor"])
    base = alt.Chart(frame).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", tickCount="month", grid=False, labelFlush=True)),
        y=alt.Y(
            "amount_minor:Q",
            title=None,
            scale=alt.Scale(domain=[0, top * 1.08], nice=False),
            axis=alt.Axis(tickCount=4, labelExpr=f"'{money.sign(currency)}' + format(datum.value / {unit}, ',.0f')"),
        ),
        tooltip=[
            alt.Tooltip("when:N", title="Day"),
            alt.Tooltip("amount:N", title="Could be recovered"),
            alt.Tooltip("alerts:N", title="Alerts"),
        ],
    )
    chart = base.mark_area(interpolate="step-after", opacity=0.18) + base.mark_line(
        interpolate="step-after", strokeWidth=2
    )
    st.altair_chart(
        chart.properties(height=HEIGHT),
        width="stretch",
        alt=f"Line of what could be recovered on each of {len(rows)} days. {in_words}",
    )
