"""Findings as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterable

from streamlit_app.data import Row

COLUMNS = (
    "finding_id",
    "leak_type",
    "is_alert",
    "customer_id",
    "customer_name",
    "plan",
    "country",
    "object_type",
    "object_id",
    "object_name",
    "currency",
    "amount_minor",
    "counted_minor",
    "recurring_minor",
    "expected_recovery_minor",
    "age_days",
    "confidence",
    "recovery_probability",
    "priority",
    "first_detectable_at",
    "as_of",
)


def findings_csv(rows: Iterable[Row]) -> str:
    """Comma-separated values with a header; money in integers of minor units, times UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_harmless(row[column]) for column in COLUMNS])
    return out.getvalue()


def _harmless(value: object) -> object:
    """A customer named `=HYPERLINK(...)` is a name, not a formula: spreadsheets leave a leading quote alone."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
