"""How much of the product's own logs is known to belong to a customer."""

from datetime import datetime

import streamlit as st

from revops.warehouse import Published
from streamlit_app.data import Row, quality
from streamlit_app.format import count, day, words
from streamlit_app.markup import heading, note, table

LISTED = 50


def show(published: Published) -> None:
    """Per log its rows, reach and unmatched share, and the largest accounts that match nobody."""
    rows = quality.usage_coverage(published)
    st.html(heading("Use of the product"))
    if not any(row["rows"] for row in rows):
        st.html(
            note(
                "No log of logins or usage is read. Set LEAKS_PRODUCT_USAGE to read one; what needs to know whether "
                "a customer is active is off until then."
            )
        )
        return
    st.html(
        table(
            "Logs of the product",
            ("Log", "Rows", "Accounts", "Matched to customers", "Unmatched rows", "Unmatched accounts", "Covers"),
            [_row(row) for row in rows],
            right=frozenset(range(1, 6)),
        )
    )
    for row in rows:
        said = [f"{words(row['source'])}: {row['note']}"] if row["note"] else []
        if row["quarantined_count"]:
            said.append(f"{words(row['source'])}: {count(row['quarantined_count'], 'row')} could not be read.")
        if row["customers_without_activity"]:
            silent = count(row["customers_without_activity"], "customer")
            said.append(f"{words(row['source'])}: {silent} without a row in it.")
        for line in said:
            st.html(note(line))
    _unmatched(published)


def _row(row: Row) -> tuple[str, ...]:
    reach = f"{day(row['covered_from'])} to {day(row['covered_to'])}" if row["covered_from"] else "–"
    return (
        words(row["source"]),
        f"{row['rows'] or 0:,}",
        f"{row['accounts'] or 0:,}",
        "–" if row["matched_share"] is None else f"{row['matched_share'] * 100:.1f} %",
        f"{row['unmatched_rows'] or 0:,}",
        f"{row['unmatched_accounts'] or 0:,}",
        reach,
    )


def _unmatched(published: Published) -> None:
    accounts = quality.unmatched_accounts(published, LISTED)
    if not accounts:
        return
    names = [name for name in accounts[0] if name != "tenant_id"]
    with st.expander(f"Accounts that match no customer, most rows first: {len(accounts):,}"):
        st.html(
            table(
                "Accounts without a customer",
                [words(name.removesuffix("_at")) for name in names],
                [[_cell(account[name]) for name in names] for account in accounts],
            )
        )


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return day(value)
    return f"{value:,}" if isinstance(value, int) else str(value if value is not None else "–")
