"""Which rows of one stretch cannot be understood, with line, reason and what they said.

Only looked for where a file gave fewer rows than it has lines. A CSV whose structure is broken is written anew line by
line, since a quote that is never closed swallows the rows after it.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from ingestion.product_usage import sql
from ingestion.product_usage.batch import Batch, reader
from ingestion.product_usage.files import Stretch
from ingestion.product_usage.mapping import UsageMapping
from ingestion.profile import Profile
from ingestion.quarantine import Quarantined

# Of one file so many are kept whole; of the rest their number.
KEPT = 10_000
TEXT_CHARACTERS = 10_000


@dataclass
class Refusals:
    """The rows that may not land: `count` of them, the first `KEPT` whole."""

    kind: str
    origin: str
    count: int = 0
    rows: list[Quarantined] = field(default_factory=list)

    def add(self, line: int | None, reason: str, text: str) -> None:
        """Adds one row."""
        self.count += 1
        if len(self.rows) < KEPT:
            at = f"{self.origin}:{line if line is not None else 0}"
            self.rows.append(Quarantined(self.kind, None, reason, text[:TEXT_CHARACTERS], at))

    def add_uncounted(self, number: int) -> None:
        """So many more that are not kept, or not told apart."""
        if number > 0:
            self.count += number
            self.rows.append(
                Quarantined(self.kind, None, f"{number} more rows could not be read", "", f"{self.origin}:0")
            )


def repaired(stretch: Stretch, kind: str, spool: Path) -> tuple[Stretch, Refusals]:
    """A CSV without the lines that have too many or too few columns; the stretch itself where there are none."""
    refusals = Refusals(kind, stretch.origin)
    if stretch.form != "csv" or _is_well_formed(stretch):
        return stretch, refusals
    target = spool / f"{stretch.path.name}.whole.csv"
    rows = 0
    with stretch.path.open(encoding="utf-8-sig", errors="replace", newline="") as file, target.open("w") as clean:
        writer = csv.writer(clean, delimiter=stretch.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(stretch.columns)
        for number, line in enumerate(file, 1):
            if number == 1 or not line.strip():
                continue
            cells = _cells(line, stretch.delimiter)
            if cells is not None and len(cells) == len(stretch.columns):
                writer.writerow(cells)
                rows += 1
            else:
                found = "its quotes do not close" if cells is None else f"{len(cells)} columns"
                refusals.add(_line(stretch, number), f"{found}; expected {len(stretch.columns)} columns", line.rstrip())
    return changed(stretch, path=target, rows=rows, is_copy=True), refusals


def _is_well_formed(stretch: Stretch) -> bool:
    with stretch.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            return all(
                len(row) in (0, len(stretch.columns))
                for row in csv.reader(file, delimiter=stretch.delimiter, strict=True)
            )
        except csv.Error:
            return False


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True), None)
    except csv.Error:
        return None


def find(
    profile: Profile, batch: Batch, original: Stretch, stretch: Stretch, mapping: UsageMapping, refusals: Refusals
) -> None:
    """Adds the rows of `stretch` that cannot be understood; `original` is what it was before it was repaired."""
    relation = sql.scan(batch.form, [str(stretch.path)], batch.scanned, batch.delimiter)
    read = sql.judged(batch.kind, relation, mapping.fields(batch.kind), batch.scanned, mapping.time_zone, numbered=True)
    with reader(profile, in_order=True) as connection:
        bad: dict[int, str] = dict(
            connection.execute(
                f"{read} select row_number, refusal from judged where refusal is not null order by 1 limit {KEPT}"
            ).fetchall()
        )
        counted = connection.execute(f"{read} select count(*) from judged where refusal is not null").fetchone()
    if not bad or counted is None:
        return
    skipped = {int(row.origin.rpartition(":")[2]) for row in refusals.rows}
    for row, line, text in _rows(original, skipped, max(bad)):
        if row in bad:
            reason = bad[row] if stretch.form != "json" else _json_reason(text, bad[row])
            refusals.add(_line(original, line), reason, text)
    refusals.add_uncounted(int(counted[0]) - len(bad))


def _json_reason(text: str, reason: str) -> str:
    if "\ufffd" in text:
        return "it is not UTF-8"
    try:
        return reason if isinstance(orjson.loads(text), dict) else "it is no JSON object"
    except orjson.JSONDecodeError:
        return "it is not JSON"


def _rows(stretch: Stretch, skipped: set[int], last: int) -> Iterator[tuple[int, int, str]]:
    """Row number as DuckDB counts, line within the stretch, and the text, up to row `last`."""
    row = 0
    for line, text in _numbered(stretch):
        if _line(stretch, line) not in skipped:
            row += 1
            yield row, line, text
        if row >= last:
            return


def _numbered(stretch: Stretch) -> Iterator[tuple[int, str]]:
    if stretch.form == "parquet":
        yield from enumerate(_parquet_rows(stretch.path), 1)
    elif stretch.form == "json":
        with stretch.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.decode("utf-8", errors="replace").rstrip("\r\n")
    else:
        with stretch.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reading = csv.reader(file, delimiter=stretch.delimiter)
            for number, cells in enumerate(reading):
                if number > 0 and cells:
                    yield reading.line_num, stretch.delimiter.join(cells)


def _parquet_rows(path: Path) -> Iterator[str]:
    for batch in pq.ParquetFile(path).iter_batches(10_000):
        row: dict[str, Any]
        for row in batch.to_pylist():
            yield json.dumps(row, default=str)


def _line(stretch: Stretch, line: int) -> int:
    """The line in the file itself: a stretch of a CSV carries a copy of the header in front."""
    has_header_copy = stretch.form == "csv" and stretch.read_from > 0
    return stretch.lines_before + line - (1 if has_header_copy else 0)
