"""What the quality gate found in the data that was read, in words."""

import json

import streamlit as st

from revops.warehouse import Published
from streamlit_app.data import Row, quality
from streamlit_app.format import count, moment, words
from streamlit_app.markup import heading, note, table


def show(published: Published) -> None:
    """Checks that did not pass with what was seen and expected; those that passed under a fold."""
    st.html(heading("Checks of what was read"))
    rows = quality.checks(published)
    if not rows:
        st.html(note("No result of a check is published yet; the next run that reads something has."))
        return
    failed = [row for row in rows if not row["is_passed"]]
    checked_at = max((row["checked_at"] for row in rows if row["checked_at"]), default=None)
    st.html(note(f"{len(rows) - len(failed):,} of {count(len(rows), 'check')} passed, {moment(checked_at)}."))
    for severity, caption in (
        ("critical", "Critical: such a failure ends a run before figures are built"),
        ("warning", "Warnings: worth a look; figures were built"),
    ):
        found = [row for row in failed if row["severity"] == severity]
        if found:
            st.html(_table(caption, found))
    passed = [row for row in rows if row["is_passed"]]
    if passed:
        with st.expander(f"{count(len(passed), 'check')} passed"):
            st.html(_table("Passed", passed))


def _table(caption: str, rows: list[Row]) -> str:
    return table(
        caption,
        ("Data", "Check", "Result", "Seen", "Expected"),
        [
            (
                words(row["resource"]),
                _in_words(row["expectation"]),
                _result(row),
                _text(row["error"] or row["observed"]) + _examples(row),
                _text(row["expected"]),
            )
            for row in rows
        ],
    )


def _result(row: Row) -> str:
    """A check that broke off has proved nothing, which is not the same as one that failed."""
    if row["error"]:
        return "Could not be checked"
    if row["is_passed"]:
        return "Passed"
    return f"Failed for {count(row['failed_count'], 'row')}" if row["failed_count"] else "Failed"


def _examples(row: Row) -> str:
    """A few ids of rows at fault, where the gate kept some."""
    try:
        ids = json.loads(row["sample"] or "[]")
    except ValueError:
        ids = []
    return f", for example {', '.join(str(id) for id in ids[:3])}" if not row["is_passed"] and ids else ""


def _in_words(expectation: str | None) -> str:
    """A name of Great Expectations or of ours as words: `expect_id_to_be_unique` -> `Id to be unique`."""
    return words((expectation or "").removeprefix("expect_"))


def _text(value: object) -> str:
    return "–" if value in (None, "") else str(value)
