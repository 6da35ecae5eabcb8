"""The first look at a file: which fields it has, and what separates a CSV's columns."""

import csv
from collections.abc import Iterable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.errors import ExportError, ProductUsageError
from ingestion.product_usage.files import PACKED, UnreadableError, form_of
from ingestion.stripe.lines import chunks_of

SAMPLE_BYTES = 256 * 1024


def sample(path: Path) -> tuple[tuple[str, ...], str]:
    """The fields that a file has, and a CSV's delimiter.

    Raises UnreadableError, or ProductUsageError for a JSON array.
    """
    form = form_of(path)
    if form == "parquet":
        try:
            return tuple(pq.read_schema(path).names), ""
        except (pa.ArrowException, OSError) as error:
            raise UnreadableError(f"it is no whole Parquet file ({error})") from error
    lines = _first_lines(path)
    if form == "csv":
        header = lines[0].decode("utf-8-sig", errors="replace").rstrip("\r\n") if lines else ""
        delimiter = max(",;\t|", key=header.count)
        names = next(csv.reader([header], delimiter=delimiter), [])
        return _distinct(name.strip() for name in names), delimiter
    if lines and lines[0].lstrip().startswith(b"["):
        raise ProductUsageError(f"{path} is one JSON array: write one object per line (JSON-lines)")
    names_seen: dict[str, None] = {}
    for line in lines:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, dict):
            names_seen.update(dict.fromkeys(value))
    return tuple(names_seen), ""


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Names that DuckDB takes: spreadsheets leave some empty and repeat others, and case does not tell two apart."""
    found: dict[str, str] = {}
    for number, name in enumerate(names, 1):
        free = name or f"column_{number}"
        while free.lower() in found:
            free = f"{free}_{number}"
        found[free.lower()] = free
    return tuple(found.values())


def _first_lines(path: Path) -> list[bytes]:
    if path.suffix.lower() not in PACKED:
        with path.open("rb") as file:
            return file.read(SAMPLE_BYTES).splitlines()
    try:
        for chunk in chunks_of(path):
            for _, block in chunk.blocks():
                return block[:SAMPLE_BYTES].splitlines()
    except ExportError as error:
        raise UnreadableError("it is cut off or damaged: deliver it again") from error
    return []
