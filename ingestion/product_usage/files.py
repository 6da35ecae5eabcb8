"""Files of logs: what of them has not been read yet, as plain files that DuckDB reads side by side.

A compressed file is unpacked into the spool first: DuckDB takes one that is cut off for a whole one, and reads it with
one thread. A stretch of a growing file is copied there too, and so is a file that is being written to.
"""

import hashlib
import io
import shutil
import time
from dataclasses import dataclass
from dataclasses import replace as changed
from glob import has_magic
from pathlib import Path
from typing import BinaryIO, Literal

import orjson
import pyarrow.parquet as pq

from ingestion.errors import ExportError, ProductUsageError
from ingestion.product_usage.state import FileStatus
from ingestion.stripe.lines import chunks_of

Form = Literal["json", "csv", "parquet"]

EDGE_BYTES = 64 * 1024
BLOCK_BYTES = 16 * 1024 * 1024
# A last line without its newline may still be being written, unless nothing has been for this long.
SETTLED_SECONDS = 60.0
PACKED = (".gz", ".zst")
_FORMS: dict[str, Form] = {
    **dict.fromkeys((".jsonl", ".ndjson", ".json", ".log"), "json"),
    **dict.fromkeys((".csv", ".tsv", ".txt"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}


class UnreadableError(Exception):
    """One file cannot be read; the others can."""


@dataclass(frozen=True)
class Fingerprint:
    """A file's size and the digests of the head and tail of its first `upto` bytes."""

    size: int
    upto: int
    head: str
    tail: str


@dataclass(frozen=True)
class Stretch:
    """Part of a file, or all of it, under a path that DuckDB can read.

    `read_from` and `read_to` are bytes of the uncompressed content, `lines_before` the lines ahead of it (its header
    line counts), `rows` what it should hold.
    """

    origin: str
    path: Path
    form: Form
    columns: tuple[str, ...]
    delimiter: str
    read_from: int
    read_to: int
    lines_before: int
    lines: int
    rows: int
    fingerprint: Fingerprint
    is_copy: bool


def form_of(path: Path) -> Form:
    """The format, by the file's name. Raises ProductUsageError for one that we do not read."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    form = _FORMS.get(suffixes[-1]) if suffixes else None
    if form is None or (form == "parquet" and path.suffix.lower() in PACKED):
        raise ProductUsageError(
            f"{path} is in no format that we read: its name must end in "
            ".jsonl, .csv (both also .gz or .zst) or .parquet"
        )
    return form


def fingerprint(path: Path, upto: int | None = None) -> Fingerprint:
    """What tells this file, or its first `upto` bytes, from another."""
    size = path.stat().st_size
    upto = size if upto is None else min(upto, size)
    with path.open("rb") as file:
        head = file.read(min(EDGE_BYTES, upto))
        file.seek(max(0, upto - EDGE_BYTES))
        tail = file.read(min(EDGE_BYTES, upto))
    return Fingerprint(size, upto, hashlib.sha256(head).hexdigest()[:16], hashlib.sha256(tail).hexdigest()[:16])


def is_read(path: Path, status: FileStatus) -> bool:
    """Whether nothing has changed since the file was read to its end."""
    if path.stat().st_size != status.size:
        return False
    seen = fingerprint(path, _noted_bytes(path, status))
    return (seen.head, seen.tail) == (status.head, status.tail) and not _has_settled_rest(path, status)


def _noted_bytes(path: Path, status: FileStatus) -> int:
    return status.read_to if _is_plain(path) else status.size


def _has_settled_rest(path: Path, status: FileStatus) -> bool:
    return _is_plain(path) and status.read_to < status.size and _is_settled(path)


def _is_plain(path: Path) -> bool:
    return path.suffix.lower() not in PACKED and form_of(path) != "parquet"


def _is_settled(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > SETTLED_SECONDS


def stretch_of(path: Path, status: FileStatus | None, spool: Path, columns: tuple[str, ...], delimiter: str) -> Stretch:
    """What of the file is to be read: what grew behind the part that `status` knows, else all of it.

    Raises UnreadableError where a compressed file cannot be unpacked to its end.
    """
    form, seen = form_of(path), fingerprint(path)
    origin = str(path)
    if form == "parquet":
        rows = int(pq.read_metadata(path).num_rows)
        return Stretch(origin, path, form, columns, "", 0, seen.size, 0, rows, rows, seen, is_copy=False)
    spool.mkdir(parents=True, exist_ok=True)
    target = _target(spool, origin, form)
    if not _is_plain(path):
        size, lines = _unpack(path, target)
        return Stretch(
            origin, target, form, columns, delimiter, 0, size, 0, lines, _rows(form, lines), seen, is_copy=True
        )
    start, lines_before = _continues(path, status)
    end = _end_of_whole_lines(path, seen.size, form)
    header = b""
    if form == "csv" and start:
        with path.open("rb") as file:
            header = file.readline()
    # DuckDB would take a [ or * in the name of a file for a glob.
    if start == 0 and end == seen.size and _is_settled(path) and not has_magic(str(path)):
        lines, scanned = _count_lines(path), path
    else:
        lines, scanned = _copy(path, start, end, header, target), target
    mark = fingerprint(path, end)
    marked = Fingerprint(seen.size, end, mark.head, mark.tail)
    rows = lines if header else _rows(form, lines)
    return Stretch(
        origin,
        scanned,
        form,
        columns,
        delimiter,
        start,
        end,
        lines_before,
        lines,
        rows,
        marked,
        is_copy=scanned is target,
    )


def as_copy(stretch: Stretch, spool: Path) -> Stretch:
    """The same stretch under a path where nobody writes."""
    target = _target(spool, stretch.origin, stretch.form)
    _copy(stretch.path, stretch.read_from, stretch.read_to, b"", target)
    return changed(stretch, path=target, is_copy=True)


def _target(spool: Path, origin: str, form: Form) -> Path:
    name = hashlib.sha256(origin.encode()).hexdigest()[:16]
    return spool / f"{name}{'.csv' if form == 'csv' else '.jsonl'}"


def _rows(form: Form, lines: int) -> int:
    return max(0, lines - 1) if form == "csv" else lines


def _continues(path: Path, status: FileStatus | None) -> tuple[int, int]:
    """Where reading goes on, and the lines before it; the beginning where this is not the file that we knew, grown."""
    if status is None or status.read_to == 0 or path.stat().st_size < status.read_to:
        return 0, 0
    seen = fingerprint(path, status.read_to)
    return (status.read_to, status.read_lines) if (seen.head, seen.tail) == (status.head, status.tail) else (0, 0)


def _end_of_whole_lines(path: Path, size: int, form: Form) -> int:
    """A line without its newline is whole if it is a JSON value, or if nothing has been written for a while."""
    position, rest = size, b""
    with path.open("rb") as file:
        while position > 0 and b"\n" not in rest:
            step = min(EDGE_BYTES, position)
            position -= step
            file.seek(position)
            rest = file.read(step) + rest
    last = rest.rpartition(b"\n")[2]
    if not last or _is_settled(path):
        return size
    if form == "json":
        try:
            orjson.loads(last)
        except orjson.JSONDecodeError:
            return size - len(last)
        return size
    return size - len(last)


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return _lines_in(file, io.BytesIO(), None)


def _copy(path: Path, start: int, end: int, header: bytes, target: Path) -> int:
    with path.open("rb") as source, target.open("wb") as copy:
        copy.write(header)
        source.seek(start)
        return _lines_in(source, copy, end - start)


def _unpack(path: Path, target: Path) -> tuple[int, int]:
    size = lines = 0
    last = b"\n"
    try:
        with target.open("wb") as file:
            for chunk in chunks_of(path):
                for _, block in chunk.blocks():
                    file.write(block)
                    size += len(block)
                    lines += block.count(b"\n")
                    last = block[-1:] or last
    except ExportError as error:
        target.unlink(missing_ok=True)
        raise UnreadableError("it is cut off or damaged: deliver it again") from error
    return size, lines + (last != b"\n")


def _lines_in(source: BinaryIO, copy: BinaryIO, limit: int | None) -> int:
    """Counts lines, the last one also without its newline; copies unless `limit` is None."""
    lines, last, left = 0, b"\n", limit
    while block := source.read(BLOCK_BYTES if left is None else min(BLOCK_BYTES, left)):
        lines += block.count(b"\n")
        last = block[-1:]
        if left is not None:
            copy.write(block)
            left -= len(block)
    return lines + (last != b"\n")


def clear(spool: Path) -> None:
    """Forgets what was unpacked and copied."""
    shutil.rmtree(spool, ignore_errors=True)
