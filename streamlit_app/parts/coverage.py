"""What was read of the account, which leak types that allows, and what could not be understood."""

import streamlit as st

from revops.warehouse import Published
from streamlit_app.data import Row, quality
from streamlit_app.format import count, day, moment, words
from streamlit_app.markup import heading, note, table
from streamlit_app.parts.notices import plural


def resources(published: Published, integration: Row) -> None:
    """Every kind of object with its rows and reach, and every leak type: on, or off and why."""
    rows = quality.resources(published)
    since = integration.get("since")
    reach = f"since {day(since)}, as asked with --since" if since else "all history"
    on = count(len([row for row in rows if row["is_on"]]), "kind of object", "kinds of objects")
    st.html(
        heading("What is covered")
        + note(f"{on} read, {reach}.")
        + table(
            "Leak types",
            ("Leak type", "State", "Needs"),
            [
                (
                    row["title"] or row["leak_type"],
                    _state(row),
                    ", ".join(words(name) for name in (row["requires"] or "").split(",")),
                )
                for row in quality.leak_types(published)
            ],
        )
    )
    st.html(
        table(
            "What was read of the account",
            ("Kind of object", "Objects", "History", "Read", "State"),
            [
                (
                    plural(row),
                    f"{row['row_count'] or 0:,}",
                    "–" if not row["is_on"] else _since(row),
                    moment(row["read_at"]),
                    _state(row),
                )
                for row in rows
            ],
            right=frozenset((1,)),
        )
    )
    other_mode = sum(row.get("other_mode_count") or 0 for row in rows)
    if other_mode:
        other = "live" if integration.get("mode") == "test" else "test"
        st.html(note(f"{count(other_mode, 'object')} of {other} mode left out."))


def quarantine(published: Published) -> None:
    """Objects that were read and not understood, by kind and reason."""
    rows = quality.quarantined(published)
    st.html(heading("Quarantine"))
    if not rows:
        st.html(note("Every object that was read was understood."))
        return
    st.html(
        table(
            "In quarantine: read, and not understood. A later run reads them again.",
            ("Kind of object", "Reason", "Objects"),
            [(words(row["resource"]), row["reason"] or "", f"{row['objects']:,}") for row in rows],
            right=frozenset((2,)),
        )
    )


def _state(row: Row) -> str:
    if not row["is_on"]:
        return f"Off: {row['reason'] or 'no reason is recorded'}"
    return f"On, in part: {row['unread_reason']}" if row.get("unread_reason") else "On"


def _since(row: Row) -> str:
    return f"since {day(row['covered_from'])}" if row["covered_from"] else "all"
