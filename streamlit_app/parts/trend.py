"""What could be recovered on each of the last 90 days, as a line and in words."""

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
    """Heights are the integers of minor units; only the axis divides them, for its labels.

    The specification is written out: building it with a library that checks it takes longer than the queries.
    """
    values = [
        {
            "day": f"{row['day']:%Y-%m-%d}",
            "amount_minor": row["amount_minor"],
            "amount": money.text(row["amount_minor"], currency),
            "alerts": f"{row['alerts']:,}",
            "when": day(row["day"]),
        }
        for row in rows
    ]
    label = f"'{money.sign(currency)}' + format(datum.value / {10 ** exponent(currency)}, ',.0f')"
    top = max(1, *(row["amount_minor"] for row in rows)) * 1.08
    tooltip = [
        {"field": field, "type": "nominal", "title": title}
        for field, title in (("when", "Day"), ("amount", "Could be recovered"), ("alerts", "Alerts"))
    ]
    shape = {"interpolate": "step-after", "tooltip": True}
    st.vega_lite_chart(
        {
            "data": {"values": values},
            "height": HEIGHT,
            "encoding": {
                "x": {
                    "field": "day",
                    "type": "temporal",
                    "timeUnit": "utcyearmonthdate",
                    "title": None,
                    "axis": {"format": "%-d %b", "tickCount": "month", "grid": False, "labelFlush": True},
                },
                "y": {
                    "field": "amount_minor",
                    "type": "quantitative",
                    "title": None,
                    "scale": {"domain": [0, top], "nice": False},
                    "axis": {"tickCount": 4, "labelExpr": label},
                },
                "tooltip": tooltip,
            },
            "layer": [
                {"mark": {"type": "area", "opacity": 0.18, **shape}},
                {"mark": {"type": "line", "strokeWidth": 2, **shape}},
            ],
        },
        width="stretch",
        alt=f"Line of what could be recovered on each of {len(rows)} days. {in_words}",
    )
