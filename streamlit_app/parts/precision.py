"""How often each leak type was right, by what people decided."""

import streamlit as st

from revops.warehouse import Published
from streamlit_app.data import Row, precision
from streamlit_app.format import count, percent
from streamlit_app.markup import heading, note, table

# With fewer, one word more or less moves the share by ten points.
FEW = 10


def show(published: Published) -> None:
    """A line per leak type that somebody decided on, with what is too little to judge by."""
    st.html(heading("What people decided"))
    rows = precision.by_leak_type(published)
    if not rows:
        st.html(note("Nobody had decided on a leak when this was built; what they say is counted here per leak type."))
        return
    st.html(
        table(
            "Leaks that people decided on, each counted once",
            ("Leak type", "Decided", "Agreed to", "Refused as no leak", "Another no", "Were right"),
            [
                (
                    row["title"],
                    f"{row['decided']:,}",
                    f"{row['agreed']:,}",
                    f"{row['refused_as_none']:,}",
                    f"{row['other']:,}",
                    _right(row),
                )
                for row in rows
            ],
            right=frozenset(range(1, 5)),
        )
        + note(
            "Refused as no leak are those that were dismissed, or denied because they are none or the amount is wrong. "
            "Another no, such as handled elsewhere or not now, says nothing about the detector."
        )
    )


def _right(row: Row) -> str:
    """`27 of 30, 90 %`; of few no share is made."""
    judged = row["agreed"] + row["refused_as_none"]
    if not judged:
        return "Nobody has said"
    said = f"{row['agreed']:,} of {judged:,}"
    if judged < FEW:
        return f"{said}: too few to judge, {count(FEW - judged, 'decision')} more needed"
    return f"{said}, {percent(row['agreed'] / judged)}"
