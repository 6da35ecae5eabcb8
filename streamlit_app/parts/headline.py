"""The figures people come for: what can be recovered, how sure, how fresh."""

from datetime import datetime

import streamlit as st

from revops.warehouse import Published
from streamlit_app import money
from streamlit_app.data import Row, quality
from streamlit_app.format import ago, count, day, moment
from streamlit_app.markup import card, note, table

SOURCES = {"api": "Stripe's API", "export": "a folder of Stripe exports"}


def heading(published: Published, integration: Row, now: datetime) -> None:
    """Title and freshness: the moment the figures describe, when and from what they were made."""
    st.title("What can be recovered", anchor=False)
    st.html(note(freshness(published, integration, now)))


def freshness(published: Published, integration: Row, now: datetime) -> str:
    """The moment the figures describe, when and from what they were made, in a sentence."""
    source = SOURCES.get(str(integration.get("source")), "an unknown source")
    account = f", account {integration['account_id']}" if integration.get("account_id") else ""
    return (
        f"As of {moment(published.as_of)} ({ago(published.as_of, now)}), from {source}{account}. "
        f"Published {ago(published.published_at, now)}."
    )


def figures(total: Row, totals: list[Row]) -> None:
    """The one figure in the reporting currency, and beside it every currency on its own."""
    left, right = st.columns([5, 7], gap="large")
    with left:
        st.html(_main_figure(total, totals))
    with right:
        st.html(_currencies(totals))


def nothing_found(published: Published) -> None:
    """No finding at all: say what was looked at, because silence alone proves nothing."""
    looked_at = quality.checked(published)
    parts = [count(looked_at[noun + "s"], noun) for noun in ("customer", "subscription", "invoice", "payment")]
    on = [str(row["title"] or row["leak_type"]) for row in quality.leak_types(published) if row["is_on"]]
    st.html(
        card(
            "Can be recovered now",
            "No leaks found",
            [
                f"Checked {', '.join(parts[:-1])} and {parts[-1]}.",
                f"Leak types checked: {', '.join(on)}." if on else "No leak type could be checked; see below why.",
            ],
            is_main=True,
        )
    )


def _main_figure(total: Row, totals: list[Row]) -> str:
    if not total["alerts"]:
        reviews = sum(row["reviews"] for row in totals)
        return card(
            "Can be recovered now", "No alerts", [f"{count(reviews, 'review')} to look at, below."], is_main=True
        )
    notes = [f"{count(total['alerts'], 'alert')} from {count(total['customers'], 'customer')}"]
    if total["newest_rate"] is not None:
        oldest, newest = day(total["oldest_rate"]), day(total["newest_rate"])
        rates = f"rates of {newest}" if oldest == newest else f"rates of {oldest} to {newest}"
        notes.append(f"In {total['currency'].upper()}; other currencies at {rates}")
    if total["without_rate"]:
        left_out = [
            money.text(row["alert_minor"], row["currency"])
            for row in totals
            if row["alerts"] and row["reporting_minor"] is None
        ]
        notes.append(f"Not in this figure, for want of an exchange rate: {', '.join(left_out)}")
    return card("Can be recovered now", money.text(total["amount_minor"], total["currency"]), notes, is_main=True)


def _currencies(totals: list[Row]) -> str:
    """Reviews and monthly amounts stand in columns of their own: they are never added to the alerts."""
    has_recurring = any(row["recurring_minor"] for row in totals)
    headers = ["Currency", "Can be recovered", "Alerts", "Likely to come back"]
    headers += ["Lost per month from now"] if has_recurring else []
    headers += ["In review", "Reviews"]
    rows = []
    for row in totals:
        currency = row["currency"]
        cells = [
            currency.upper(),
            money.text(row["alert_minor"], currency) if row["alerts"] else "–",
            f"{row['alerts']:,}",
            money.text(row["expected_minor"], currency) if row["alerts"] else "–",
        ]
        cells += [money.text(row["recurring_minor"], currency)] if has_recurring else []
        cells += [money.text(row["review_minor"], currency) if row["reviews"] else "–", f"{row['reviews']:,}"]
        rows.append(cells)
    return table("By currency", headers, rows, right=frozenset(range(1, len(headers))))
