"""What the figures rest on: what was read, since when, what is off and how to switch it on."""

from datetime import datetime, timedelta

import streamlit as st

from revops.warehouse import Published
from streamlit_app import data
from streamlit_app.format import ago, count, day, moment, words
from streamlit_app.markup import escape_markdown, table

# Twice the daily schedule: a missed run shows before its figures mislead.
STALE = timedelta(hours=48)


def notices(published: Published, integration: data.Row, now: datetime) -> None:
    """Warn, in one box, of everything that keeps the figures from being today's whole truth."""
    lines = []
    if integration.get("source") == "api" and now - published.as_of > STALE:
        lines.append(f"**Made {ago(published.as_of, now)}.** Run `leaks run` to bring the figures up to date.")
    refused = [row for row in data.resources(published) if not row["is_on"] and row["permission"]]
    told = {row["reason"] for row in refused}
    for row in data.leak_types(published):
        title, why = escape_markdown(row["title"] or row["leak_type"]), row["reason"] or row["unread_reason"]
        # A refused resource says below how to mend it; once is enough.
        because = "" if why in told else " " + _sentence(why)
        if not row["is_on"]:
            lines.append(f"**{title}: off.** Nothing here speaks of it.{because}")
        elif row["unread_reason"]:
            lines.append(f"**{title}: judged on a part of the data.** What cannot be judged is a review.{because}")
    lines += [f"**{escape_markdown(_name(row))} cannot be read.** {_sentence(row['reason'])}" for row in refused]
    set_aside = sum(row["objects"] for row in data.quarantined(published))
    if set_aside:
        lines.append(
            f"**{count(set_aside, 'object')} in quarantine**: read, and not understood. "
            "The reasons stand under *What is covered*."
        )
    if lines:
        st.warning("\n".join(f"- {line}" for line in lines) if len(lines) > 1 else lines[0])


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


def _sentence(reason: str | None) -> str:
    """A reason, which starts small and may lack its full stop, as a sentence in markdown."""
    text = (reason or "no reason is recorded").strip()
    return escape_markdown(text[:1].upper() + text[1:] + ("" if text.endswith(".") else "."))


def _name(row: data.Row) -> str:
    return words(row["resource"]) + "s"


def _since(row: data.Row) -> str:
    return f"since {day(row['covered_from'])}" if row["covered_from"] else "all"
