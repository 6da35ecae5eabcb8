"""Results on stdout, in the three formats."""

import csv
import io
import json
import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cli.moments import iso


class Format(StrEnum):
    """How `leaks sql` writes rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class ResultFormat(StrEnum):
    """How `leaks run` writes its result."""

    TABLE = "table"
    JSON = "json"


def rows_as_text(columns: Sequence[str], rows: Sequence[Sequence[Any]], form: Format) -> str:
    """Rows as a table for people, CSV, or a JSON list of objects; money stays integer, times end in Z."""
    if form is Format.JSON:
        return json.dumps(
            [{name: plain(value) for name, value in zip(columns, row, strict=True)} for row in rows],
            ensure_ascii=False,
            indent=2,
        )
    if form is Format.CSV:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)
        return buffer.getvalue().rstrip("\n")
    return _table(columns, rows)


def plain(value: Any) -> Any:
    """A value as JSON knows it: exact numbers stay numbers or text, times are ISO UTC with Z."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    converted = plain(value)
    if isinstance(converted, bool):
        return "true" if converted else "false"
    if isinstance(converted, dict | list):
        return json.dumps(converted, ensure_ascii=False)
    return str(converted)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns without colour or wrapping, so that it survives a pipe."""
    cells = [[_cell(value).replace("\n", " ") for value in row] for row in rows]
    numbers = [
        all(isinstance(row[i], int | float | Decimal) and not isinstance(row[i], bool) for row in rows) and bool(rows)
        for i in range(len(columns))
    ]
    widths = [max(len(name), *(len(row[i]) for row in cells), 0) for i, name in enumerate(columns)]

    def line(values: Sequence[str]) -> str:
        return "  ".join(
            value.rjust(width) if is_number else value.ljust(width)
            for value, width, is_number in zip(values, widths, numbers, strict=True)
        ).rstrip()

    body = [line(columns), line(["-" * width for width in widths]), *(line(row) for row in cells)]
    return "\n".join(body)
