"""Whether what is shown is what Stripe holds: do webhooks arrive, and what did the last comparison find."""

import streamlit as st

from revops.warehouse import Published
from streamlit_app.data import Row, quality
from streamlit_app.format import count, day, moment
from streamlit_app.markup import heading, note, table
from streamlit_app.parts.notices import plural

_COUNTS = ("our_count", "stripe_count", "difference_count", "missing_count", "different_count", "gone_count")


def show(published: Published, integration: Row) -> None:
    """Webhook endpoints with their state, and what differed from Stripe; an export cannot be asked."""
    if integration.get("source") != "api":
        return
    _webhooks(quality.webhook_endpoints(published))
    _drift(quality.drift(published))


def _webhooks(rows: list[Row]) -> None:
    st.html(heading("Webhooks"))
    ours = [row for row in rows if row["endpoint_id"]]
    if not ours:
        said = rows[0]["message"] if rows else "not looked at yet; the next run does"
        st.html(note(f"{said[:1].upper()}{said[1:]}."))
        return
    st.html(
        table(
            "Endpoints of the account that deliver here",
            ("Address", "State", "Newest event delivered", "What was seen"),
            [(row["url"], row["state"].capitalize(), moment(row["received_at"]), row["message"]) for row in ours],
        )
    )


def _drift(rows: list[Row]) -> None:
    st.html(heading("Compared with Stripe"))
    if not rows:
        st.html(note("Not compared yet. The command leaks reconcile does it, and so does Dagster every day."))
        return
    differing = [row for row in rows if row["difference_count"]]
    compared = sum(row["stripe_count"] for row in rows)
    since = rows[0]["begins_at"]
    of = f"what changed since {day(since)}" if since else "every object"
    found = count(sum(row["difference_count"] for row in rows), "object")
    mended = "; all mended" if rows[0]["is_repaired"] and differing else ""
    st.html(note(f"{moment(rows[0]['reconciled_at'])}, {of}: {found} of {compared:,} differed{mended}."))
    if differing:
        st.html(
            table(
                "What differed from Stripe",
                ("Kind of object", "Ours", "Stripe's", "Difference", "Missing here", "Different", "Gone there"),
                [(plural(row), *(f"{row[name]:,}" for name in _COUNTS)) for row in differing],
                right=frozenset(range(1, 7)),
            )
        )
    for row in rows:
        if row["unread_reason"]:
            st.html(note(f"{plural(row)} were not compared: {row['unread_reason']}"))
