"""What the figures rest on: what was read, since when, what is off and how to switch it on."""

import streamlit as st

from revops.warehouse import Published
from streamlit_app import data
from streamlit_app.format import count, day, moment, words
from streamlit_app.markup import escape_markdown, table

_KEYS = "Developers > API keys in Stripe's dashboard"


def notices(published: Published) -> None:
    """Warn above the figures of everything that makes them smaller than the truth."""
    for row in data.leak_types(published):
        title, reason = escape_markdown(row["title"] or row["leak_type"]), row["reason"] or "no reason is recorded"
        if not row["is_on"]:
            st.warning(f"**{title} is off**: nothing below speaks of it. {escape_markdown(reason)}")
        elif row.get("unread_reason"):
            st.warning(
                f"**{title} is judged on a part of the data**: what cannot be judged is a review. "
                + escape_markdown(row["unread_reason"])
            )
    refused = [row for row in data.resources(published) if not row["is_on"] and row["permission"]]
    if refused:
        names = escape_markdown(", ".join(_name(row) for row in refused))
        permissions = ", ".join(f"`{row['permission']}`" for row in refused)
        st.warning(
            f"**Not readable with this key: {names}.** Give it {permissions} ({escape_markdown(_KEYS)}), "
            "then `leaks run`."
        )
    set_aside = sum(row["objects"] for row in data.quarantined(published))
    if set_aside:
        st.warning(
            f"{count(set_aside, 'object')} could not be read and {'is' if set_aside == 1 else 'are'} in "
            "quarantine; see *What is covered* below."
        )


def details(published: Published, integration: data.Row) -> None:
    """Every kind of object with its rows and reach, every leak type, and what is in quarantine."""
    rows = data.resources(published)
    since = integration.get("since")
    reach = f"since {day(since)}, as asked with --since" if since else "all history"
    with st.expander(f"What is covered: {count(len([r for r in rows if r['is_on']]), 'resource')}, {reach}"):
        st.html(
            table(
                "What was read of the account",
                ("Resource", "Objects", "History", "Read", "State"),
                [
                    (
                        _name(row),
                        f"{row['row_count'] or 0:,}",
                        "–" if not row["is_on"] else _since(row),
                        moment(row["read_at"]),
                        "On" if row["is_on"] else f"Off: {row['reason'] or 'no reason is recorded'}",
                    )
                    for row in rows
                ],
                right=frozenset((1,)),
            )
        )
        st.html(
            table(
                "Leak types",
                ("Leak type", "State", "Needs"),
                [
                    (
                        row["title"] or row["leak_type"],
                        "On" if row["is_on"] else f"Off: {row['reason'] or 'no reason is recorded'}",
                        ", ".join(words(name) for name in (row["requires"] or "").split(",")),
                    )
                    for row in data.leak_types(published)
                ],
            )
        )
        quarantined = data.quarantined(published)
        if quarantined:
            st.html(
                table(
                    "In quarantine: read, and not understood. A later run reads them again.",
                    ("Resource", "Reason", "Objects"),
                    [(words(row["resource"]), row["reason"] or "", f"{row['objects']:,}") for row in quarantined],
                    right=frozenset((2,)),
                )
            )
        other_mode = sum(row.get("other_mode_count") or 0 for row in rows)
        if other_mode:
            other = "live" if integration.get("mode") == "test" else "test"
            st.html(f'<p class="leaks-note">{count(other_mode, "object")} of {other} mode left out.</p>')


def _name(row: data.Row) -> str:
    return words(row["resource"]) + "s"


def _since(row: data.Row) -> str:
    return f"since {day(row['covered_from'])}" if row["covered_from"] else "all"
