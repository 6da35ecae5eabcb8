"""What could be recovered on each of the last 90 days, as columns and in words."""

import streamlit as st

from revops.domain.money import exponent
from revops.warehouse import Published
from streamlit_app import money
from streamlit_app.data import Row, overview
from streamlit_app.format import count, day
from streamlit_app.markup import escape, heading, note


def show(published: Published, reporting_currency: str) -> None:
    """Columns in the reporting currency or a chosen one; nothing where nothing leaked or no history is kept."""
    currencies = overview.daily_currencies(published)
    if not currencies:
        return
    st.html(heading("Recoverable over the last 90 days"))
    total = f"All, in {reporting_currency.upper()}"
    chosen = total
    if currencies != [reporting_currency]:
        names = [total, *(code.upper() for code in currencies)]
        chosen = st.segmented_control(
            "Currency of the chart",
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
    st.html(_chart(rows, currency or reporting_currency, in_words))
    st.html(note(f"{in_words} {_meaning(is_converted=currency is None and len(currencies) > 1)}"))


def _sentence(rows: list[Row], currency: str) -> str:
    return f"{_told(rows[-1], currency)}; {_told(rows[0], currency)}."


def _meaning(*, is_converted: bool) -> str:
    text = (
        "Each day shows what could be recovered at its end: today's alerts from the day they could first be seen, and "
        "what leaked then and was settled since. What was settled while Stripe may still have been retrying is in no "
        "day, so earlier days are at least this high."
    )
    return text + (" All days at today's exchange rates." if is_converted else "")


def _chart(rows: list[Row], currency: str, in_words: str) -> str:
    """A column for each day, with its exact amount as its title. Written out as HTML, because a charting library
    takes a browser longer than all else on the page."""
    highest = max(row["amount_minor"] for row in rows)
    between = step(highest, 10 ** exponent(currency))
    top = between * max(1, -(-highest // between))
    lines = "".join(
        f'<span class="leaks-line" style="bottom:{100 * at / top:.3f}%">{escape(_axis(at, currency))}</span>'
        for at in range(0, top + 1, between)
    )
    days = "".join(
        f'<span class="leaks-day" style="height:{100 * row["amount_minor"] / top:.3f}%"'
        f' title="{escape(_told(row, currency))}"></span>'
        for row in rows
    )
    months = "".join(
        f'<span style="left:{100 * number / len(rows):.3f}%">{escape(day(row["day"]).rsplit(" ", 1)[0])}</span>'
        for number, row in enumerate(rows)
        if row["day"].day == 1 and number < len(rows) - 3
    )
    label = f"What could be recovered on each of {len(rows)} days. {in_words}"
    return (
        f'<div class="leaks-trend" role="img" aria-label="{escape(label)}"><div class="leaks-plot">{lines}'
        f'<div class="leaks-days">{days}</div></div><div class="leaks-months">{months}</div></div>'
    )


def _told(row: Row, currency: str) -> str:
    return f"{day(row['day'])}: {money.text(row['amount_minor'], currency)} in {count(row['alerts'], 'alert')}"


def step(highest: int, unit: int) -> int:
    """What lies between two lines of the chart, in minor units: 1, 2 or 5 with zeros, so that there are five lines
    at most; whole major units, unless less than two of them are shown."""
    smallest = 1 if 0 < highest < 2 * unit else unit
    between = smallest
    while highest > 4 * between:
        between = between * 5 // 2 if str(between)[0] == "2" else between * 2
    return between


def _axis(minor: int, currency: str) -> str:
    unit = 10 ** exponent(currency)
    return money.text(minor, currency) if minor % unit else f"{money.sign(currency)}{minor // unit:,}"
