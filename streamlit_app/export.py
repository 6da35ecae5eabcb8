"""Findings as a file: for a spreadsheet, or with types for other programs."""

import csv
import io
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from streamlit_app.data import Row

_SCHEMA = pa.schema(
    [
        ("finding_id", pa.string()),
        ("leak_type", pa.string()),
        ("is_alert", pa.bool_()),
        ("customer_id", pa.string()),
        ("customer_name", pa.string()),
        ("plan", pa.string()),
        ("country", pa.string()),
        ("object_type", pa.string()),
        ("object_id", pa.string()),
        ("object_name", pa.string()),
        ("currency", pa.string()),
        ("amount_minor", pa.int64()),
        ("counted_minor", pa.int64()),
        ("recurring_minor", pa.int64()),
        ("expected_recovery_minor", pa.int64()),
        ("reporting_currency", pa.string()),
        ("counted_reporting_minor", pa.int64()),
        ("age_days", pa.int32()),
        ("confidence", pa.float64()),
        ("recovery_probability", pa.float64()),
        ("priority", pa.int32()),
        ("first_detectable_at", pa.timestamp("us", tz="UTC")),
        ("as_of", pa.timestamp("us", tz="UTC")),
    ]
)
COLUMNS = tuple(_SCHEMA.names)

# What makes a spreadsheet take a text for a formula, or hide that it does.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def findings_csv(rows: Iterable[Row]) -> str:
    """Comma-separated values with a header; money in integers of minor units, times UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_harmless(row[column]) for column in COLUMNS])
    return out.getvalue()


def findings_parquet(rows: Iterable[Row]) -> bytes:
    """The same columns and rows as Parquet, texts as they are."""
    table = pa.Table.from_pylist([{column: row[column] for column in COLUMNS} for row in rows], schema=_SCHEMA)
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _harmless(value: object) -> object:
    """A customer named `=HYPERLINK(...)` is a name, not a formula: spreadsheets leave a leading quote alone."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
